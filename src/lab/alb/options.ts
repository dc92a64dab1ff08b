import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { fail } from '../../core/errors.ts'
import type { DesyncMode } from './desync.ts'
import type { Endpoint } from './endpoint.ts'
import type { FixedResponseRule } from './fixed-response-rule.ts'
import type { CapacityOptions } from './node-capacity.ts'
import type { OidcRule } from './oidc.ts'
import type { ProtocolVersionRule } from './protocol-version-rule.ts'
import type { XffMode } from './relay-head.ts'
import type { WafOptions } from './waf.ts'

export interface HealthCheckOptions {
  readonly path: string
  readonly port: number | 'traffic-port'
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyCount: number
  readonly unhealthyCount: number
  /** `200`, `200-399`, `200,302`. */
  readonly matcher: string
}

/** What a caller may set; {@link resolveOptions} fills in AWS's defaults. */
export interface LoadBalancerOptions {
  readonly listen: readonly Endpoint[]
  readonly targets?: readonly Endpoint[]
  /** Load balancer nodes, each with its own pools, health checks and log files. */
  readonly nodes?: number
  /** Local address of each node: it binds outgoing connections and stands in the log. */
  readonly nodeAddresses?: readonly string[]
  readonly idleTimeoutSeconds?: number
  readonly connectTimeoutSeconds?: number
  readonly clientKeepAliveSeconds?: number
  readonly deregistrationDelaySeconds?: number
  readonly algorithm?: 'round_robin' | 'least_outstanding_requests'
  /** New targets get their share of requests over so many seconds, linearly; 0: at once. Round robin only. */
  readonly slowStartSeconds?: number
  readonly targetType?: 'instance' | 'ip'
  /** Of the target group. `https`: TLS to the targets, whatever certificate they show; health checks too. */
  readonly targetProtocol?: 'http' | 'https'
  readonly desyncMode?: DesyncMode
  readonly fixedResponses?: readonly FixedResponseRule[]
  readonly xffMode?: XffMode
  readonly protocolVersions?: readonly ProtocolVersionRule[]
  readonly waf?: WafOptions | undefined
  readonly oidc?: OidcRule | undefined
  readonly capacity?: CapacityOptions | undefined
  /** `false`: every registered target counts as healthy. A real target group cannot do that. */
  readonly healthCheck?: Partial<HealthCheckOptions> | false
  /** Also write health check logs (off by default, as in AWS). */
  readonly healthCheckLogs?: boolean
  /** `app/NAME/ID`, or a bare NAME. */
  readonly name?: string
  /** A target group's ARN, or a bare NAME. */
  readonly targetGroup?: string
  readonly region?: string
  readonly account?: string
  readonly logDir?: string
  readonly logIntervalSeconds?: number
  readonly factsFile?: string
  readonly factsFor?: 'failures' | 'all'
  readonly cloudwatchFile?: string
  /** `HOST:PORT`, or the path of a unix socket. */
  readonly control?: string
}

export interface ResolvedOptions
  extends Required<Omit<LoadBalancerOptions, OptionalNames | 'healthCheck' | 'nodeAddresses'>> {
  readonly loadBalancer: string
  readonly targetGroupArn: string
  readonly nodeList: readonly { readonly address: string; readonly bindAddress: string | undefined }[]
  readonly healthCheck: HealthCheckOptions | false
  readonly logDir: string | undefined
  readonly factsFile: string | undefined
  readonly cloudwatchFile: string | undefined
  readonly control: string | undefined
  readonly waf: WafOptions | undefined
  readonly oidc: OidcRule | undefined
  readonly capacity: CapacityOptions | undefined
}

type OptionalNames =
  | 'logDir'
  | 'factsFile'
  | 'cloudwatchFile'
  | 'control'
  | 'name'
  | 'targetGroup'
  | 'nodes'
  | 'waf'
  | 'oidc'
  | 'capacity'

/** AWS's defaults of load balancer attributes, target group attributes and health checks. */
export function resolveOptions(given: LoadBalancerOptions): ResolvedOptions {
  const region = given.region ?? 'eu-west-1'
  const account = given.account ?? '123456789012'
  const loadBalancer = fullName(given.name ?? 'lab')
  const options: ResolvedOptions = {
    listen: given.listen,
    targets: given.targets ?? [],
    idleTimeoutSeconds: given.idleTimeoutSeconds ?? 60,
    connectTimeoutSeconds: given.connectTimeoutSeconds ?? 10,
    clientKeepAliveSeconds: given.clientKeepAliveSeconds ?? 3600,
    deregistrationDelaySeconds: given.deregistrationDelaySeconds ?? 300,
    algorithm: given.algorithm ?? 'round_robin',
    slowStartSeconds: given.slowStartSeconds ?? 0,
    targetType: given.targetType ?? 'ip',
    targetProtocol: given.targetProtocol ?? 'http',
    desyncMode: given.desyncMode ?? 'defensive',
    fixedResponses: given.fixedResponses ?? [],
    xffMode: given.xffMode ?? 'append',
    protocolVersions: given.protocolVersions ?? [],
    waf: given.waf,
    oidc: given.oidc,
    capacity: given.capacity,
    healthCheck:
      given.healthCheck === false
        ? false
        : {
            path: '/',
            port: 'traffic-port',
            intervalSeconds: 30,
            timeoutSeconds: 5,
            healthyCount: 5,
            unhealthyCount: 2,
            matcher: '200',
            ...given.healthCheck,
          },
    healthCheckLogs: given.healthCheckLogs ?? false,
    region,
    account,
    loadBalancer,
    targetGroupArn: targetGroupArn(given.targetGroup ?? loadBalancer.split('/')[1] ?? 'lab', region, account),
    nodeList: nodeList(given),
    logDir: given.logDir,
    logIntervalSeconds: given.logIntervalSeconds ?? 300,
    factsFile: given.factsFile,
    factsFor: given.factsFor ?? 'failures',
    cloudwatchFile: given.cloudwatchFile,
    control: given.control,
  }
  if (options.slowStartSeconds > 0 && options.algorithm !== 'round_robin')
    fail('USAGE', { what: `--slow-start with ${options.algorithm}: AWS takes it with round_robin only` })
  if (options.healthCheck !== false) parseMatcher(options.healthCheck.matcher)
  return options
}

function fullName(name: string): string {
  if (/^app\/[\w.-]+\/[\w.-]+$/.test(name)) return name
  if (!/^[\w.-]+$/.test(name)) return fail('USAGE', { what: `--name ${name}: not app/NAME/ID and not a bare NAME` })
  return `app/${name}/${idOf(name)}`
}

function targetGroupArn(name: string, region: string, account: string): string {
  if (name.startsWith('arn:') && !/[\s"]/.test(name)) return name
  if (!/^[\w.-]+$/.test(name)) return fail('USAGE', { what: `--target-group ${name}: not a name and not an ARN` })
  return `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${name}/${idOf(`targetgroup/${name}`)}`
}

/** The same name gets the same id in every run, so that two recordings compare. */
function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16)
}

function nodeList(given: LoadBalancerOptions): ResolvedOptions['nodeList'] {
  const addresses = given.nodeAddresses ?? []
  const count = given.nodes ?? (addresses.length > 0 ? addresses.length : Math.max(2, given.listen.length))
  for (const address of addresses)
    if (isIP(address) === 0) fail('USAGE', { what: `--node-address ${address}: not an IP address` })
  if (addresses.length > 0 && addresses.length !== count)
    fail('USAGE', { what: `--nodes ${count} with ${addresses.length} times --node-address: give one per node` })
  if (given.listen.length > 1 && given.listen.length !== count)
    fail('USAGE', { what: `${given.listen.length} times --listen for ${count} nodes: give one, or one per node` })
  const nodes: { address: string; bindAddress: string | undefined }[] = []
  for (let index = 0; index < count; index++)
    nodes.push({ address: addresses[index] ?? `10.0.${index + 1}.10`, bindAddress: addresses[index] })
  return nodes
}

/** Turns `200`, `200-399` or `200,302` into a test. */
export function parseMatcher(text: string): (status: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const match = /^(\d{3})(?:-(\d{3}))?$/.exec(part.trim())
    if (match === null)
      return fail('USAGE', { what: `--health-check-matcher ${text}: not a status, a list or a range such as 200-399` })
    return [Number(match[1]), Number(match[2] ?? match[1])] as const
  })
  return (status) => ranges.some(([low, high]) => status >= low && status <= high)
}
