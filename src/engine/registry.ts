import type { Flow, Route } from '../core/request-batch.ts'
import type { RoutesOfGroup } from './unit-scan.ts'

/** Ids of one run: every scanner has its own, here they become one. */
export class Registry {
  readonly flows: Flow[] = []
  readonly routes: Route[] = []
  /** Texts of routes that more than one target group has. */
  readonly sharedRoutes = new Set<string>()
  readonly #flowIds = new Map<string, number>()
  /** By target group: a key of both would be made for each of many thousands. */
  readonly #routeIds = new Map<string, Map<string, number>>()

  flow(flow: Flow): number {
    const key = `${flow.loadBalancer}|${flow.targetGroup}|${flow.target}|${flow.node}`
    return remember(this.#flowIds, key, this.flows, flow)
  }

  route(route: Route): number {
    let ids = this.#routeIds.get(route.targetGroup)
    if (ids === undefined) {
      ids = new Map()
      this.#routeIds.set(route.targetGroup, ids)
    }
    const known = this.routes.length
    const id = remember(ids, route.text, this.routes, route)
    if (id === known && this.#isElsewhere(ids, route.text)) this.sharedRoutes.add(route.text)
    return id
  }

  #isElsewhere(here: ReadonlyMap<string, number>, text: string): boolean {
    for (const ids of this.#routeIds.values()) if (ids !== here && ids.has(text)) return true
    return false
  }

  /** Of all target groups. */
  routeIds(text: string): number[] {
    return [...this.#routeIds.values()].flatMap((ids) => ids.get(text) ?? [])
  }

  /** Undefined: nobody asked for it. */
  routeId({ targetGroup, text }: Route): number | undefined {
    return this.#routeIds.get(targetGroup)?.get(text)
  }
}

function remember<T>(ids: Map<string, number>, key: string, list: T[], value: T): number {
  let id = ids.get(key)
  if (id === undefined) {
    id = list.push(value) - 1
    ids.set(key, id)
  }
  return id
}

/** One scanner's ids as the run's. */
export class Translation {
  readonly #registry: Registry
  #flows = new Int32Array(0)
  #routes = new Int32Array(0)

  constructor(registry: Registry) {
    this.#registry = registry
  }

  add(flows: readonly Flow[], routes: readonly RoutesOfGroup[]): void {
    this.#flows = append(
      this.#flows,
      flows.map((flow) => this.#registry.flow(flow)),
    )
    this.#routes = append(
      this.#routes,
      routes.flatMap(({ targetGroup, texts }) => texts.map((text) => this.#registry.route({ text, targetGroup }))),
    )
  }

  get flows(): Int32Array {
    return this.#flows
  }

  get routes(): Int32Array {
    return this.#routes
  }
}

function append(to: Int32Array<ArrayBuffer>, ids: readonly number[]): Int32Array<ArrayBuffer> {
  if (ids.length === 0) return to
  const out = new Int32Array(to.length + ids.length)
  out.set(to)
  out.set(ids, to.length)
  return out
}
