import { existsSync } from 'node:fs'
import { fail } from '../core/errors.ts'
import { parseMoment } from '../engine/parse-filter.ts'
import { type LogRequest, logCommands } from '../explain/log-commands.ts'
import { defineCommand } from './command.ts'

const HOUR_MS = 3_600_000

export default defineCommand({
  options: [
    { flags: '--load-balancer <name>', summary: 'its name, app/NAME/ID, or ARN' },
    { flags: '--since <time>', summary: 'first moment you need: ISO 8601 UTC, or 2h ago', default: '1h' },
    { flags: '--until <time>', summary: 'the moment after the last (default: now)' },
    { flags: '--bucket <name>', summary: 'bucket of the logs' },
    { flags: '--prefix <prefix>', summary: 'prefix in the bucket, when one is set' },
    { flags: '--account <id>', summary: '12 digits' },
    { flags: '--region <region>', summary: 'eu-west-1, ...' },
    { flags: '--kind <kind>', summary: 'kind of load balancer', default: 'alb', choices: ['alb', 'classic'] },
    { flags: '--to <folder>', summary: 'where to download to', default: './logs' },
  ],
  examples: [
    'why5xx logs --load-balancer shop --since 2026-11-23T02:00Z --until 2026-11-23T03:30Z',
    'why5xx logs --load-balancer shop --bucket shop-logs --account 123456789012 --region eu-west-1 --since 2h',
  ],
  run: async ({ options, stdout }) => {
    stdout.write(logCommands(readRequest(options, new Date())))
    return 0
  },
})

/** Every value lands in a command that somebody pastes into a shell, so nothing but its own alphabet passes. */
function readRequest(options: Readonly<Record<string, unknown>>, now: Date): LogRequest {
  const option = (name: string): string | null => (typeof options[name] === 'string' ? options[name] : null)
  const checked = (name: string, flag: string, shape: RegExp, what: string): string | null => {
    const value = option(name)
    if (value !== null && !shape.test(value)) fail('USAGE', { what: `${flag} ${JSON.stringify(value)}: ${what}` })
    return value
  }
  const given = option('loadBalancer')
  if (given === null) {
    // The folder is often called so.
    const folder = existsSync('logs') ? '; to diagnose the folder of that name here: why5xx ./logs' : ''
    return fail('USAGE', { what: `logs needs --load-balancer NAME${folder}` })
  }
  const balancer = readLoadBalancer(given)
  const sinceMs = parseMoment('--since', option('since') ?? '1h', now)
  const until = option('until')
  const untilMs = until === null ? now.getTime() : parseMoment('--until', until, now)
  if (untilMs <= sinceMs) fail('USAGE', { what: '--until must be later than --since' })
  if (untilMs - sinceMs > 31 * 24 * HOUR_MS) fail('USAGE', { what: 'more than 31 days: narrow --since and --until' })
  const whole = (ms: number): number => Math.floor(ms / 1000) * 1000
  return {
    kind: option('kind') === 'classic' ? 'classic' : 'alb',
    name: balancer.name,
    id: balancer.id,
    bucket: checked('bucket', '--bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'that is no name of a bucket'),
    prefix:
      checked('prefix', '--prefix', /^[A-Za-z0-9!_.()/-]+$/, 'letters, digits and ! _ . ( ) / - only')?.replace(
        /^\/+|\/+$/g,
        '',
      ) ?? null,
    account: checked('account', '--account', /^\d{12}$/, '12 digits') ?? balancer.account,
    region: checked('region', '--region', /^[a-z]{2}(-[a-z]+)+-\d$/, 'such as eu-west-1') ?? balancer.region,
    sinceMs: whole(sinceMs),
    untilMs: whole(untilMs),
    folder: checked('to', '--to', /^[A-Za-z0-9_./~-]+$/, 'letters, digits and _ . / ~ - only') ?? './logs',
  }
}

type Balancer = Pick<LogRequest, 'name' | 'id' | 'account' | 'region'>

function readLoadBalancer(given: string): Balancer {
  const arn =
    /^arn:[\w-]+:elasticloadbalancing:([a-z0-9-]+):(\d{12}):loadbalancer\/(?:app\/)?([A-Za-z0-9-]+)(?:\/([0-9a-f]+))?$/.exec(
      given,
    )
  if (arn) return { name: arn[3] ?? '', id: arn[4] ?? null, account: arn[2] ?? null, region: arn[1] ?? null }
  const id = /^app\/([A-Za-z0-9-]+)\/([0-9a-f]+)$/.exec(given)
  if (id) return { name: id[1] ?? '', id: id[2] ?? null, account: null, region: null }
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/.test(given)) return { name: given, id: null, account: null, region: null }
  return fail('USAGE', { what: `--load-balancer ${JSON.stringify(given)}: give its name, app/NAME/ID, or ARN` })
}
