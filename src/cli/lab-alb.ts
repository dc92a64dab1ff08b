import { fail } from '../core/errors.ts'
import type { DesyncMode } from '../lab/alb/desync.ts'
import { type Endpoint, parseEndpoint } from '../lab/alb/endpoint.ts'
import { parseFixedResponseRule } from '../lab/alb/fixed-response-rule.ts'
import { type LoadBalancer, type LoadBalancerOptions, startLoadBalancer } from '../lab/alb/load-balancer.ts'
import { parseCapacity } from '../lab/alb/node-capacity.ts'
import { parseOidcRule } from '../lab/alb/oidc.ts'
import { parseProtocolVersionRule } from '../lab/alb/protocol-version-rule.ts'
import type { XffMode } from '../lab/alb/relay-head.ts'
import { type CommandContext, defineCommand } from './command.ts'

export default defineCommand({
  options: [
    {
      flags: '--listen <address:port>',
      summary: 'where clients connect; several times: one per node',
      repeatable: true,
    },
    { flags: '--target <address:port>', summary: 'a registered target', repeatable: true },
    { flags: '--nodes <count>', summary: 'load balancer nodes, each with its own pools and log files (default: 2)' },
    { flags: '--node-address <ip>', summary: 'local address a node binds and logs; one per node', repeatable: true },
    { flags: '--idle-timeout <seconds>', summary: 'idle_timeout.timeout_seconds', default: '60' },
    { flags: '--connect-timeout <seconds>', summary: 'fixed at 10 in AWS; scaled labs shorten it', default: '10' },
    { flags: '--client-keep-alive <seconds>', summary: 'client_keep_alive.seconds', default: '3600' },
    {
      flags: '--algorithm <name>',
      summary: 'load_balancing.algorithm.type',
      default: 'round_robin',
      choices: ['round_robin', 'least_outstanding_requests'],
    },
    {
      flags: '--slow-start <seconds>',
      summary: 'slow_start.duration_seconds, 30 to 900 in AWS; round robin only',
      default: '0',
    },
    { flags: '--deregistration-delay <seconds>', summary: 'deregistration_delay.timeout_seconds', default: '300' },
    { flags: '--target-type <type>', summary: 'what the targets are', default: 'ip', choices: ['instance', 'ip'] },
    {
      flags: '--target-protocol <name>',
      summary: 'https: TLS to the targets, any certificate is taken',
      default: 'http',
      choices: ['http', 'https'],
    },
    {
      flags: '--desync-mode <mode>',
      summary: 'routing.http.desync_mitigation_mode',
      default: 'defensive',
      choices: ['monitor', 'defensive', 'strictest'],
    },
    {
      flags: '--health-checks <on|off>',
      summary: 'off: every target counts as healthy (AWS cannot)',
      default: 'on',
      choices: ['on', 'off'],
    },
    { flags: '--health-check-path <path>', summary: 'what a health check asks for', default: '/' },
    { flags: '--health-check-port <port>', summary: 'a port, or traffic-port', default: 'traffic-port' },
    { flags: '--health-check-interval <seconds>', summary: 'between two checks of a target', default: '30' },
    { flags: '--health-check-timeout <seconds>', summary: 'no answer by then is a failed check', default: '5' },
    { flags: '--healthy-count <count>', summary: 'passed checks in a row that make a target healthy', default: '5' },
    { flags: '--unhealthy-count <count>', summary: 'failed checks in a row that make it unhealthy', default: '2' },
    { flags: '--health-check-matcher <codes>', summary: 'statuses that pass: 200, 200-399, 200,302', default: '200' },
    { flags: '--health-check-logs', summary: 'write health check logs beside the access logs', default: false },
    {
      flags: '--fixed-response <glob=status[:body]>',
      summary: 'a listener rule that answers by itself: /maintenance/*=503:back soon',
      repeatable: true,
    },
    {
      flags: '--xff-mode <mode>',
      summary: 'routing.http.xff_header_processing.mode',
      default: 'append',
      choices: ['append', 'preserve', 'remove'],
    },
    {
      flags: '--protocol-version <glob=version>',
      summary: 'a rule to a target group of HTTP2 or GRPC: what comes in HTTP/1.1 is 464',
      repeatable: true,
    },
    { flags: '--waf <address:port>', summary: 'a web ACL: asked about every request (lab/apps/waf.mjs)' },
    {
      flags: '--waf-fail-open <true|false>',
      summary: 'waf.fail_open.enabled',
      default: 'false',
      choices: ['true', 'false'],
    },
    {
      flags: '--authenticate-oidc <glob=address:port>',
      summary: 'a rule whose users log in with this identity provider (lab/apps/idp.mjs)',
    },
    {
      flags: '--capacity <connections/seconds>',
      summary: 'client connections a node takes, and how long after a rejection it takes twice as many',
    },
    { flags: '--name <app/name/id>', summary: "the load balancer's name in the log", default: 'lab' },
    { flags: '--target-group <name>', summary: "the target group's name (default: the load balancer's)" },
    { flags: '--target-group-arn <arn>', summary: 'its whole ARN instead' },
    { flags: '--region <region>', summary: 'in file names and ARNs', default: 'eu-west-1' },
    { flags: '--account <id>', summary: 'in file names and ARNs', default: '123456789012' },
    { flags: '--log-dir <dir>', summary: 'access logs, gzip, named as AWS names them' },
    { flags: '--log-interval <seconds>', summary: 'how often a node writes a file', default: '300' },
    { flags: '--cloudwatch <file>', summary: 'at the end: metrics as aws cloudwatch get-metric-data prints them' },
    { flags: '--facts <file>', summary: 'NDJSON: what the sockets did, one row per failed request' },
    { flags: '--facts-for <which>', summary: 'rows for whom', default: 'failures', choices: ['failures', 'all'] },
    { flags: '--control <address:port|socket>', summary: 'JSON API: targets at run time, stats, flush, shutdown' },
  ],
  examples: [
    'why5xx lab alb --listen 127.0.0.1:8080 --target 127.0.0.1:8000 --log-dir ./logs',
    'why5xx lab alb --listen 127.0.0.1:8080 --target 127.0.0.1:8000 --idle-timeout 20 --control 127.0.0.1:8081',
  ],
  run: async (context) => {
    const { stderr } = context
    let interrupted = false
    // The frame's signal does not say which one it was, and the exit code depends on it.
    const onInterrupt = (): void => {
      interrupted = true
    }
    process.once('SIGINT', onInterrupt)
    try {
      const balancer = await startLoadBalancer(toOptions(context.options))
      announce(balancer, stderr)
      await Promise.race([aborted(context.signal), balancer.shutdownRequested])
      await balancer.close()
      summarize(balancer, stderr)
    } finally {
      process.off('SIGINT', onInterrupt)
    }
    return interrupted ? 130 : 0
  },
})

function toOptions(options: CommandContext['options']): LoadBalancerOptions {
  const listen = endpoints('--listen', options.listen)
  if (listen.length === 0) fail('USAGE', { what: 'lab alb needs --listen, for example --listen 127.0.0.1:8080' })
  const port = text(options.healthCheckPort)
  return {
    listen,
    targets: endpoints('--target', options.target),
    ...(options.nodes === undefined ? {} : { nodes: whole('--nodes', options.nodes, 1, 16) }),
    nodeAddresses: list(options.nodeAddress),
    idleTimeoutSeconds: seconds('--idle-timeout', options.idleTimeout, 4000),
    connectTimeoutSeconds: seconds('--connect-timeout', options.connectTimeout, 600),
    clientKeepAliveSeconds: seconds('--client-keep-alive', options.clientKeepAlive, 604_800),
    deregistrationDelaySeconds: seconds('--deregistration-delay', options.deregistrationDelay, 3600, true),
    algorithm: text(options.algorithm) === 'round_robin' ? 'round_robin' : 'least_outstanding_requests',
    slowStartSeconds: seconds('--slow-start', options.slowStart, 900, true),
    targetType: text(options.targetType) === 'instance' ? 'instance' : 'ip',
    targetProtocol: text(options.targetProtocol) === 'https' ? 'https' : 'http',
    desyncMode: text(options.desyncMode) as DesyncMode,
    healthCheck:
      options.healthChecks === 'off'
        ? false
        : {
            path: text(options.healthCheckPath),
            port: port === 'traffic-port' ? port : whole('--health-check-port', port, 1, 65_535),
            intervalSeconds: seconds('--health-check-interval', options.healthCheckInterval, 300),
            timeoutSeconds: seconds('--health-check-timeout', options.healthCheckTimeout, 120),
            healthyCount: whole('--healthy-count', options.healthyCount, 1, 10),
            unhealthyCount: whole('--unhealthy-count', options.unhealthyCount, 1, 10),
            matcher: text(options.healthCheckMatcher),
          },
    healthCheckLogs: options.healthCheckLogs === true,
    fixedResponses: list(options.fixedResponse).map(parseFixedResponseRule),
    xffMode: text(options.xffMode) as XffMode,
    protocolVersions: list(options.protocolVersion).map(parseProtocolVersionRule),
    waf:
      options.waf === undefined
        ? undefined
        : { endpoint: parseEndpoint('--waf', text(options.waf)), isFailOpen: options.wafFailOpen === 'true' },
    oidc: options.authenticateOidc === undefined ? undefined : parseOidcRule(text(options.authenticateOidc)),
    capacity: options.capacity === undefined ? undefined : parseCapacity(text(options.capacity)),
    name: text(options.name),
    region: text(options.region),
    account: text(options.account),
    logIntervalSeconds: seconds('--log-interval', options.logInterval, 3600),
    factsFor: options.factsFor === 'all' ? 'all' : 'failures',
    ...given('targetGroup', options.targetGroupArn ?? options.targetGroup),
    ...given('logDir', options.logDir),
    ...given('cloudwatchFile', options.cloudwatch),
    ...given('factsFile', options.facts),
    ...given('control', options.control),
  }
}

function given<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: text(value) }) as { [P in K]?: string }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : []
}

function endpoints(option: string, value: unknown): Endpoint[] {
  return list(value).map((item) => parseEndpoint(option, item))
}

/** Fractions are allowed where AWS wants whole seconds: labs scale time. */
function seconds(option: string, value: unknown, most: number, mayBeZero = false): number {
  const number = Number(value)
  if (!(number <= most) || number < 0 || (number === 0 && !mayBeZero))
    return fail('USAGE', { what: `${option} ${text(value)}: not a number of seconds up to ${most}` })
  return number
}

function whole(option: string, value: unknown, least: number, most: number): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < least || number > most)
    return fail('USAGE', { what: `${option} ${text(value)}: not a whole number from ${least} to ${most}` })
  return number
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function announce(balancer: LoadBalancer, stderr: NodeJS.WriteStream): void {
  const { options } = balancer
  const targets = options.targets.map(({ host, port }) => `${host}:${port}`).join(', ') || 'none (503)'
  const where = balancer.listening.map(({ host, port }) => `http://${host}:${port}`).join(', ')
  const check = options.healthCheck
  stderr.write(
    `${options.loadBalancer} listens on ${where}\n` +
      `nodes    ${balancer.nodeAddresses.join(', ')}\n` +
      `targets  ${targets}, ${options.algorithm}; idle timeout ${options.idleTimeoutSeconds} s, connect timeout ${options.connectTimeoutSeconds} s\n` +
      `checks   ${check === false ? 'off' : `GET ${check.path} every ${check.intervalSeconds} s, ${check.matcher} passes`}\n` +
      `logs     ${options.logDir === undefined ? 'none (--log-dir)' : `${options.logDir}, a file per node every ${options.logIntervalSeconds} s and at the end`}\n` +
      (balancer.control === undefined ? '' : `control  ${balancer.control}\n`) +
      'Ctrl-C ends it and writes what is left.\n',
  )
}

function summarize(balancer: LoadBalancer, stderr: NodeJS.WriteStream): void {
  const { counters, eventLoopDelayMs, writeErrors, unfinishedAtStop } = balancer.stats()
  const statuses = Object.entries(counters)
    .filter(([name]) => name.startsWith('elb:'))
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name.slice(4)} x ${count}`)
  stderr.write(
    `requests ${statuses.join(', ') || 'none'}${unfinishedAtStop > 0 ? `, ${unfinishedAtStop} cut at the end` : ''}\n`,
  )
  stderr.write(`event loop delay p99 ${eventLoopDelayMs.p99} ms, at most ${eventLoopDelayMs.max} ms\n`)
  for (const message of writeErrors) stderr.write(`could not write: ${message}\n`)
}
