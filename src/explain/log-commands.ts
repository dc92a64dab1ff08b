import { byFolder, endStamps, stampPatterns } from './log-hours.ts'

/** What is known of a load balancer and its logs; null where the operator did not say. */
export interface LogRequest {
  readonly kind: 'alb' | 'classic'
  /** Name only: `shop`. */
  readonly name: string
  /** The hexadecimal id, when an ARN or `app/NAME/ID` was given. */
  readonly id: string | null
  readonly bucket: string | null
  readonly prefix: string | null
  readonly account: string | null
  readonly region: string | null
  readonly sinceMs: number
  readonly untilMs: number
  /** Where to download to. */
  readonly folder: string
}

/**
 * A script for a person to read and paste: are the logs on, switch them on, download the right hours, diagnose. why5xx
 * runs none of it. Sources: AWS's pages "Enable access logs" and "Access logs" of the Application Load Balancer guide,
 * and the annotations page of the AWS Load Balancer Controller.
 */
export function logCommands(request: LogRequest): string {
  const parts = [intro(request), whereTheyGo(request), switchOn(request), download(request), diagnose(request)]
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** ELB's own accounts, which policies written before August 2022 name; still accepted by AWS. */
const LEGACY_ACCOUNTS: Readonly<Record<string, string>> = {
  'us-east-1': '127311923021',
  'us-east-2': '033677994240',
  'us-west-1': '027434742980',
  'us-west-2': '797873946194',
  'af-south-1': '098369216593',
  'ap-east-1': '754344448648',
  'ap-southeast-3': '589379963580',
  'ap-south-1': '718504428378',
  'ap-northeast-3': '383597477331',
  'ap-northeast-2': '600734575887',
  'ap-southeast-1': '114774131450',
  'ap-southeast-2': '783225319266',
  'ap-northeast-1': '582318560864',
  'ca-central-1': '985666609251',
  'eu-central-1': '054676820928',
  'eu-west-1': '156460612806',
  'eu-west-2': '652711504416',
  'eu-south-1': '635631232127',
  'eu-west-3': '009996457667',
  'eu-north-1': '897822967062',
  'me-south-1': '076674570225',
  'sa-east-1': '507241528517',
  'us-gov-east-1': '190560391635',
  'us-gov-west-1': '048591011584',
}

function intro({ name, kind, sinceMs, untilMs }: LogRequest): string[] {
  const what = kind === 'alb' ? 'Application Load Balancer' : 'Classic Load Balancer'
  return [
    `# Logs of the ${what} ${name}, ${minute(sinceMs)} to ${minute(untilMs)} UTC.`,
    '# why5xx ran none of these lines. Read them, fill in what is in CAPITALS, paste.',
  ]
}

function whereTheyGo({ kind, name, region }: LogRequest): string[] {
  const at = ` --region ${region ?? 'REGION'}`
  if (kind === 'classic')
    return [
      '# 1. Are they on, and where do they go?',
      `aws elb describe-load-balancer-attributes${at} \\`,
      `  --load-balancer-name ${name} \\`,
      "  --query 'LoadBalancerAttributes.AccessLog'",
    ]
  return [
    '# 1. Are they on, and where do they go?',
    `ARN=$(aws elbv2 describe-load-balancers${at} --names ${name} \\`,
    "  --query 'LoadBalancers[0].LoadBalancerArn' --output text)",
    'echo "$ARN"   # arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID',
    `aws elbv2 describe-load-balancer-attributes${at} \\`,
    '  --load-balancer-arn "$ARN" --output table \\',
    `  --query "Attributes[?starts_with(Key, 'access_logs')]"`,
  ]
}

function switchOn(request: LogRequest): string[] {
  const { kind, name, prefix, region } = request
  const bucket = request.bucket ?? 'BUCKET'
  const at = ` --region ${region ?? 'REGION'}`
  const legacy = region === null ? undefined : LEGACY_ACCOUNTS[region]
  const attributes = ['access_logs.s3.enabled=true', `access_logs.s3.bucket=${bucket}`]
  if (prefix) attributes.push(`access_logs.s3.prefix=${prefix}`)
  // A function, so that pasting the whole script changes nothing.
  const lines = [
    '# 2. Off? Then: switch_logs_on. It is only defined here. Logs begin at that moment;',
    '#    of what failed before, only the counts in CloudWatch are left.',
    'switch_logs_on() {',
    '# The bucket must be in the same region, with encryption SSE-S3 (no other works).',
    `aws s3 mb s3://${bucket}${at}`,
    '# This replaces the policy of the bucket: if it has one, add the statement to it.',
    `cat > access-log-policy.json <<'END'`,
    JSON.stringify(bucketPolicy(request), null, 2),
    'END',
    `aws s3api put-bucket-policy --bucket ${bucket} \\`,
    '  --policy file://access-log-policy.json',
  ]
  if (legacy) lines.push(`# (A policy of before August 2022 that names account ${legacy} still works.)`)
  if (kind === 'classic')
    return [
      ...lines,
      `aws elb modify-load-balancer-attributes${at} --load-balancer-name ${name} \\`,
      `  --load-balancer-attributes '${JSON.stringify({
        AccessLog: {
          Enabled: true,
          S3BucketName: bucket,
          ...(prefix ? { S3BucketPrefix: prefix } : {}),
          EmitInterval: 5,
        },
      })}'`,
      '}',
    ]
  return [
    ...lines,
    `aws elbv2 modify-load-balancer-attributes${at} \\`,
    '  --load-balancer-arn "$ARN" --attributes \\',
    ...attributes.map((attribute, index) => {
      const [key, value] = attribute.split('=')
      return `  Key=${key},Value=${value}${index + 1 < attributes.length ? ' \\' : ''}`
    }),
    '}',
    '# It worked when AWSLogs/ACCOUNT/ELBAccessLogTestFile is in the bucket.',
    '#',
    '# With the AWS Load Balancer Controller, write the attributes into the Ingress (add to',
    '# those that are there) instead of the last command, so that they are kept:',
    '#   metadata:',
    '#     annotations:',
    '#       alb.ingress.kubernetes.io/load-balancer-attributes: >-',
    ...attributes.map((attribute, index) => `#         ${attribute}${index + 1 < attributes.length ? ',' : ''}`),
  ]
}

interface Policy {
  readonly Version: string
  readonly Statement: readonly unknown[]
}

function bucketPolicy({ bucket, prefix, account, region }: LogRequest): Policy {
  const partition = region?.startsWith('cn-') ? 'aws-cn' : region?.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  const folder = `${prefix ? `${prefix}/` : ''}AWSLogs/${account ?? 'ACCOUNT'}/*`
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: `arn:${partition}:s3:::${bucket ?? 'BUCKET'}/${folder}`,
      },
    ],
  }
}

function download(request: LogRequest): string[] {
  const { kind, name, id, sinceMs, untilMs, folder } = request
  const interval = kind === 'alb' ? 5 : 60
  const who = kind === 'alb' ? `app.${name}.${id ?? '*'}` : name
  const prefix = request.prefix ? `${request.prefix}/` : ''
  const root = `s3://${request.bucket ?? 'BUCKET'}/${prefix}AWSLogs/${request.account ?? 'ACCOUNT'}`
  const lines = [
    '# 3. Download these hours and nothing else. A name holds the END of its interval, a',
    '#    folder the day of delivery: just after midnight, the day before is in the next one.',
  ]
  for (const [day, ends] of byFolder(endStamps(sinceMs, untilMs, interval))) {
    const patterns = stampPatterns(ends, interval)
    lines.push(
      `aws s3 sync ${root}/elasticloadbalancing/${request.region ?? 'REGION'}/${day}/ \\`,
      `  ${folder} --exclude '*' \\`,
      ...patterns.map(
        (pattern, index) => `  --include '*_${who}_${pattern}'${index + 1 < patterns.length ? ' \\' : ''}`,
      ),
    )
  }
  return lines
}

function diagnose({ folder, sinceMs, untilMs }: LogRequest): string[] {
  return [
    '# 4. Diagnose. Files come about 5 minutes after their interval ends.',
    `why5xx ${folder} --since ${iso(sinceMs)} --until ${iso(untilMs)}`,
  ]
}

function minute(ms: number): string {
  return iso(ms).slice(0, 16).replace('T', ' ')
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
