import type { AccessLogFiles } from './access-log-files.ts'
import { nowMs } from './clock.ts'
import { type Endpoint, endpointKey } from './endpoint.ts'
import { type HealthChange, HealthChecker, type HealthCheckResult } from './health-checker.ts'
import type { ResolvedOptions } from './options.ts'
import { SlowStart } from './slow-start.ts'
import { TargetLink } from './target-link.ts'

export interface NodeEvents {
  onHealthChange(node: BalancerNode, link: TargetLink, change: HealthChange): void
  onHealthResult(node: BalancerNode, link: TargetLink, result: HealthCheckResult): void
  onIdleClosed(event: string): void
}

/** One load balancer node: its address, its own links to every target, its own log files. */
export class BalancerNode {
  readonly address: string
  readonly bindAddress: string | undefined
  readonly log: AccessLogFiles | undefined
  readonly healthLog: AccessLogFiles | undefined
  readonly #index: number
  readonly #options: ResolvedOptions
  readonly #events: NodeEvents
  readonly #links = new Map<string, { readonly link: TargetLink; readonly checker: HealthChecker | undefined }>()
  readonly #slowStart: SlowStart
  #turn: number

  constructor(
    index: number,
    options: ResolvedOptions,
    logs: { readonly access: AccessLogFiles | undefined; readonly health: AccessLogFiles | undefined },
    events: NodeEvents,
  ) {
    const { address, bindAddress } = options.nodeList[index] as ResolvedOptions['nodeList'][number]
    this.address = address
    this.bindAddress = bindAddress
    this.log = logs.access
    this.healthLog = logs.health
    this.#index = index
    this.#options = options
    this.#events = events
    this.#slowStart = new SlowStart(options.slowStartSeconds)
    // Nodes do not march in step.
    this.#turn = index
  }

  get links(): readonly TargetLink[] {
    return [...this.#links.values()].map(({ link }) => link)
  }

  /** `isFirst`: with the whole group, so that there is nobody to take its share meanwhile. */
  register(target: Endpoint, isFirst = false): void {
    const key = endpointKey(target)
    this.remove(key)
    const { healthCheck, idleTimeoutSeconds, targetProtocol } = this.#options
    const health = healthCheck === false ? 'healthy' : 'initial'
    const link = new TargetLink(target, this.bindAddress, targetProtocol, health, idleTimeoutSeconds * 1000, (event) =>
      this.#events.onIdleClosed(event),
    )
    let checker: HealthChecker | undefined
    if (healthCheck !== false) {
      checker = new HealthChecker(
        link,
        healthCheck,
        (change) => {
          if (!isFirst || change.from !== 'initial') this.#slowStart.onHealth(link, this.links, nowMs())
          this.#events.onHealthChange(this, link, change)
        },
        (result) => this.#events.onHealthResult(this, link, result),
      )
      checker.start(this.#index * 20)
    }
    this.#links.set(key, { link, checker })
  }

  drain(key: string): void {
    const entry = this.#links.get(key)
    entry?.checker?.stop()
    entry?.link.drain()
  }

  /** Forgets a target; open requests on it are cut. */
  remove(key: string): void {
    const entry = this.#links.get(key)
    if (entry === undefined) return
    this.#links.delete(key)
    entry.checker?.stop()
    entry.link.drain()
    entry.link.cutAll('deregistration-delay')
  }

  /** Only healthy targets; all of them when none is healthy (fail open); nothing when none is registered. */
  choose(): { readonly link: TargetLink; readonly isFailOpen: boolean } | undefined {
    const registered = this.links.filter((link) => !link.isDraining)
    const healthy = registered.filter((link) => link.health === 'healthy')
    const candidates = healthy.length > 0 ? healthy : registered
    if (candidates.length === 0) return undefined
    const isFailOpen = healthy.length === 0
    const warming = this.#slowStart.choose(candidates, nowMs())
    if (warming !== undefined) return { link: warming, isFailOpen }
    const turn = this.#turn % candidates.length
    this.#turn += 1
    let link = candidates[turn] as TargetLink
    if (this.#options.algorithm === 'least_outstanding_requests')
      for (let step = 1; step < candidates.length; step++) {
        const other = candidates[(turn + step) % candidates.length] as TargetLink
        if (other.inFlight.size < link.inFlight.size) link = other
      }
    return { link, isFailOpen }
  }

  countHosts(): { readonly healthy: number; readonly unhealthy: number } {
    const registered = this.links.filter((link) => !link.isDraining)
    return {
      healthy: registered.filter((link) => link.health === 'healthy').length,
      unhealthy: registered.filter((link) => link.health === 'unhealthy').length,
    }
  }

  stop(): void {
    for (const { link, checker } of this.#links.values()) {
      checker?.stop()
      link.closeIdle()
    }
  }
}
