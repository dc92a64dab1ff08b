import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { AccessLogFiles } from './access-log-files.ts'
import { formatAccessLogRow } from './access-log-row.ts'
import { BalancerNode, type NodeEvents } from './balancer-node.ts'
import { ClientConnection, type ClientHost, type RequestIdentity } from './client-connection.ts'
import { isoMicroseconds, isoMilliseconds, nowMs } from './clock.ts'
import { CloudWatchCounts, formatMetricData } from './cloudwatch.ts'
import { startControlServer } from './control-server.ts'
import { type Endpoint, endpointKey } from './endpoint.ts'
import { ensureWritable } from './ensure-writable.ts'
import type { FinishedExchange } from './exchange.ts'
import { FactsLog } from './facts-log.ts'
import { formatHealthCheckRow } from './health-check-row.ts'
import { ensureLocal, listen } from './listen.ts'
import { NodeCapacity } from './node-capacity.ts'
import { OidcSessions } from './oidc.ts'
import { type LoadBalancerOptions, type ResolvedOptions, resolveOptions } from './options.ts'

export type { LoadBalancerOptions } from './options.ts'

export interface TargetState {
  readonly target: string
  readonly state: 'registered' | 'draining'
  readonly nodes: readonly {
    readonly node: string
    readonly health: string
    readonly openRequests: number
    readonly idleConnections: number
  }[]
}

export interface LoadBalancerStats {
  readonly loadBalancer: string
  readonly targetGroupArn: string
  readonly targetType: string
  readonly startedAt: string
  readonly openRequests: number
  readonly openConnections: number
  /** `elb:200/200`, `elb:502/-`, `idle-closed:FIN`, `hc-pass`, `hc-fail`. */
  readonly counters: Readonly<Record<string, number>>
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly targets: readonly TargetState[]
  readonly healthTransitions: readonly HealthTransition[]
  readonly unfinishedAtStop: number
  /** Log files or facts that could not be written, connections that could not be accepted. */
  readonly writeErrors: readonly string[]
}

export interface HealthTransition {
  readonly time: string
  readonly node: string
  readonly target: string
  readonly from: string
  readonly to: string
  readonly reason: string
}

export interface LoadBalancer {
  /** Where it really listens (port 0 is resolved). */
  readonly listening: readonly Endpoint[]
  readonly nodeAddresses: readonly string[]
  readonly options: ResolvedOptions
  /** The control endpoint as a URL or a socket path, if there is one. */
  readonly control: string | undefined
  /** Resolves when somebody asked for the end over the control endpoint. */
  readonly shutdownRequested: Promise<void>
  addTarget(target: Endpoint): void
  /** Starts the deregistration; false when the target is not registered. */
  removeTarget(target: Endpoint): boolean
  targets(): readonly TargetState[]
  stats(): LoadBalancerStats
  /** What `aws cloudwatch get-metric-data` would print by now. */
  metricData(): string
  setFactsFor(which: 'failures' | 'all'): void
  /** Writes all rows so far into files. */
  flush(): Promise<void>
  /** Stops listening, gives open requests the time, cuts the rest (no row), writes logs, facts and CloudWatch. */
  close(drainMs?: number): Promise<void>
}

const TRANSITIONS_LIMIT = 1000
const DELAY_RESOLUTION_MS = 5
/** CloudWatch samples the hosts; so the counts of the first moments, when nothing was checked yet, do not show. */
const HOSTS_EVERY_MS = 1000

/** An Application Load Balancer's stand-in; docs/lab-alb.md lists what it imitates, from which source, and what not. */
export async function startLoadBalancer(given: LoadBalancerOptions): Promise<LoadBalancer> {
  const options = resolveOptions(given)
  for (const directory of [options.logDir, fileDirectory(options.factsFile), fileDirectory(options.cloudwatchFile)])
    if (directory !== undefined) ensureWritable(directory)
  for (const { bindAddress } of options.nodeList) if (bindAddress !== undefined) await ensureLocal(bindAddress)

  const counters: Record<string, number> = {}
  const count = (name: string): void => {
    counters[name] = (counters[name] ?? 0) + 1
  }
  const writeErrors: string[] = []
  const onWriteError = (error: Error): void => {
    if (writeErrors.length < 100) writeErrors.push(error.message)
  }
  const metrics = new CloudWatchCounts()
  const facts =
    options.factsFile === undefined
      ? undefined
      : new FactsLog(options.factsFile, options.factsFor === 'all', onWriteError)
  const transitions: HealthTransition[] = []
  const connections = new Set<ClientConnection>()
  const draining = new Map<string, NodeJS.Timeout>()
  const startedMs = nowMs()
  const targetGroup = options.targetGroupArn.split('/').at(-2) ?? '-'
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()

  const events: NodeEvents = {
    onHealthChange(node, link, change) {
      if (transitions.length < TRANSITIONS_LIMIT)
        transitions.push({ time: isoMicroseconds(nowMs()), node: node.address, target: link.key, ...change })
    },
    onHealthResult(node, link, result) {
      count(result.isPass ? 'hc-pass' : 'hc-fail')
      const { loadBalancer } = options
      const row = { ...result, target: link.key, targetGroup, loadBalancer, nodeAddress: node.address }
      node.healthLog?.add(formatHealthCheckRow(row), nowMs())
    },
    onIdleClosed: (event) => count(`idle-closed:${event}`),
  }
  const nodes = options.nodeList.map(nodeOf)
  const capacities = nodes.map(() => new NodeCapacity(options.capacity))
  const sessions = options.oidc && new OidcSessions(options.oidc)
  const hosts = nodes.map(clientHost)

  function nodeOf({ address }: ResolvedOptions['nodeList'][number], index: number): BalancerNode {
    const health = options.healthCheckLogs ? logFiles(address, 'health_check_log_') : undefined
    return new BalancerNode(index, options, { access: logFiles(address), health }, events)
  }

  function logFiles(nodeAddress: string, prefix?: 'health_check_log_'): AccessLogFiles | undefined {
    if (options.logDir === undefined) return undefined
    const { account, region, loadBalancer } = options
    const name = { account, region, loadBalancer, nodeAddress, ...(prefix === undefined ? {} : { prefix }) }
    return new AccessLogFiles(options.logDir, name, options.logIntervalSeconds, onWriteError)
  }

  function clientHost(node: BalancerNode, index: number): ClientHost {
    return {
      options,
      address: node.address,
      bindAddress: node.bindAddress,
      sessions,
      choose: () => node.choose(),
      countConnectionError: () => metrics.countConnectionError(nowMs()),
      countTlsError: () => metrics.countTlsError(nowMs()),
      countAuth: (outcome) => metrics.countAuth(nowMs(), outcome),
      record: (finished, identity) => record(node, finished, identity),
      onClosed: (connection) => {
        connections.delete(connection)
        capacities[index]?.giveBack()
      },
    }
  }

  function record(node: BalancerNode, finished: FinishedExchange, identity: RequestIdentity): void {
    const { link, elbStatus, targetStatus } = finished
    count(`elb:${elbStatus}/${targetStatus ?? '-'}`)
    if (finished.isTruncated) count('truncated')
    metrics.countRequest({
      timeMs: finished.timeMs,
      elbStatus,
      targetStatus,
      hasTarget: link !== undefined,
      targetMs: finished.targetMs,
      isFixedResponse: finished.actions?.endsWith('fixed-response') === true,
      isFailOpen: finished.isFailOpen,
      isNonCompliant: identity.classification !== undefined,
    })
    node.log?.add(
      formatAccessLogRow({
        type: finished.type,
        timeMs: finished.timeMs,
        loadBalancer: options.loadBalancer,
        client: identity.client,
        target: link?.key,
        requestMs: finished.requestMs,
        targetMs: finished.targetMs,
        responseMs: finished.responseMs,
        elbStatus,
        targetStatus,
        receivedBytes: finished.receivedBytes,
        sentBytes: finished.sentBytes,
        requestLine: identity.requestLine,
        userAgent: identity.userAgent,
        targetGroupArn: finished.isForwarded ? options.targetGroupArn : undefined,
        traceId: identity.traceId,
        rulePriority: finished.rulePriority,
        createdMs: finished.createdMs,
        actions: finished.actions,
        errorReason: finished.errorReason,
        classification: identity.classification?.classification,
        classificationReason: identity.classification?.reason,
        connectionTraceId: identity.connectionTraceId,
        nodeAddress: node.address,
      }),
      finished.timeMs,
    )
    facts?.add({
      traceId: identity.traceId ?? null,
      time: isoMicroseconds(finished.timeMs),
      created: isoMilliseconds(finished.createdMs),
      node: node.address,
      target: link?.key ?? null,
      client: identity.client,
      elbStatus,
      targetStatus: targetStatus ?? null,
      method: identity.method ?? null,
      uri: identity.uri ?? null,
      phase: finished.phase,
      isTruncated: finished.isTruncated,
      isFailOpen: finished.isFailOpen,
      socket: finished.socket,
    })
  }

  function observeHosts(): void {
    for (const node of nodes) {
      const { healthy, unhealthy } = node.countHosts()
      metrics.observeHosts(nowMs(), healthy, unhealthy)
    }
    metrics.observeConnections(
      nowMs(),
      capacities.reduce((sum, capacity) => sum + capacity.connections, 0),
    )
  }

  function accept(socket: Socket, node: number, port: number): void {
    const taken = capacities[node]?.take(nowMs()) ?? 'serve'
    if (taken !== 'serve') metrics.countRejectedConnection(nowMs())
    if (taken === 'reset') {
      count('connection-reset')
      socket.resetAndDestroy()
      return
    }
    metrics.countNewConnection(nowMs())
    connections.add(new ClientConnection(hosts[node] as ClientHost, socket, port, taken === 'refuse'))
  }

  function addTarget(target: Endpoint, isFirst = false): void {
    const key = endpointKey(target)
    const isKnown = nodes[0]?.links.some((link) => link.key === key && !link.isDraining)
    if (isKnown) return
    clearTimeout(draining.get(key))
    draining.delete(key)
    for (const node of nodes) node.register(target, isFirst)
  }

  function removeTarget(target: Endpoint): boolean {
    const key = endpointKey(target)
    if (!nodes[0]?.links.some((link) => link.key === key && !link.isDraining)) return false
    for (const node of nodes) node.drain(key)
    const remove = (): void => {
      draining.delete(key)
      for (const node of nodes) node.remove(key)
    }
    draining.set(key, setTimeout(remove, options.deregistrationDelaySeconds * 1000))
    return true
  }

  function targets(): readonly TargetState[] {
    return (nodes[0]?.links ?? []).map(({ key, isDraining }) => ({
      target: key,
      state: isDraining ? 'draining' : 'registered',
      nodes: nodes.flatMap((node) =>
        node.links
          .filter((link) => link.key === key)
          .map((link) => ({
            node: node.address,
            health: link.health,
            openRequests: link.inFlight.size,
            idleConnections: link.idleCount,
          })),
      ),
    }))
  }

  const openRequests = (): number => [...connections].filter((connection) => connection.isBusy).length

  const servers: Server[] = []
  const listening: Endpoint[] = []
  let turn = 0
  let unfinishedAtStop = 0
  let closing: Promise<void> | undefined
  let requestShutdown: () => void = () => {}
  const shutdownRequested = new Promise<void>((resolve) => {
    requestShutdown = resolve
  })
  const timer = setInterval(observeHosts, HOSTS_EVERY_MS)

  const balancer: LoadBalancer = {
    listening,
    nodeAddresses: nodes.map((node) => node.address),
    options,
    control: undefined,
    shutdownRequested,
    addTarget: (target) => addTarget(target),
    removeTarget,
    targets,
    stats: () => ({
      loadBalancer: options.loadBalancer,
      targetGroupArn: options.targetGroupArn,
      targetType: options.targetType,
      startedAt: isoMicroseconds(startedMs),
      openRequests: openRequests(),
      openConnections: connections.size,
      counters: { ...counters },
      eventLoopDelayMs: delays(delay),
      targets: targets(),
      healthTransitions: [...transitions],
      unfinishedAtStop,
      writeErrors: [...writeErrors],
    }),
    metricData: () => formatMetricData(metrics.results()),
    setFactsFor: (which) => facts?.setAll(which === 'all'),
    flush: async () => {
      await Promise.all(nodes.flatMap((node) => [node.log?.flush(), node.healthLog?.flush()]))
    },
    close: (drainMs = 0) => {
      closing ??= stop(drainMs)
      return closing
    },
  }

  async function stop(drainMs: number): Promise<void> {
    for (const server of servers) server.close()
    const endMs = nowMs() + drainMs
    while (openRequests() > 0 && nowMs() < endMs) await new Promise((resolve) => setTimeout(resolve, 20))
    unfinishedAtStop = openRequests()
    clearInterval(timer)
    observeHosts()
    for (const pending of draining.values()) clearTimeout(pending)
    for (const node of nodes) node.stop()
    for (const connection of [...connections]) connection.abandon()
    delay.disable()
    await balancer.flush()
    await facts?.close()
    if (options.cloudwatchFile !== undefined) writeFileSync(options.cloudwatchFile, balancer.metricData())
    await closeControl?.()
  }

  let closeControl: (() => Promise<void>) | undefined
  try {
    for (const [index, endpoint] of options.listen.entries()) {
      // One listener: several nodes take turns per connection, as DNS would spread them.
      const pick = (): number => (options.listen.length > 1 ? index : turn++ % nodes.length)
      const server = createServer({ allowHalfOpen: true, noDelay: true })
      servers.push(server)
      const port = await listen(server, endpoint)
      server.on('error', onWriteError)
      server.on('connection', (socket) => accept(socket, pick(), port))
      listening.push({ host: endpoint.host, port })
    }
    for (const target of options.targets) addTarget(target, true)
    if (options.control === undefined) return balancer
    const control = await startControlServer(options.control, balancer, requestShutdown)
    closeControl = control.close
    return Object.assign(balancer, { control: control.address })
  } catch (error) {
    await stop(0)
    throw error
  }
}

function delays(delay: IntervalHistogram): LoadBalancerStats['eventLoopDelayMs'] {
  // The histogram holds the distance of two ticks of its own timer: what is above the timer's period is delay.
  const ms = (nanoseconds: number): number =>
    Math.round(Math.max(0, nanoseconds / 1000 - DELAY_RESOLUTION_MS * 1000)) / 1000
  return { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) }
}

function fileDirectory(path: string | undefined): string | undefined {
  return path === undefined ? undefined : dirname(path)
}
