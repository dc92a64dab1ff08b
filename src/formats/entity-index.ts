import type { Entities, Flow, Route } from '../core/request-batch.ts'
import { looseRouteText, routeText } from './route-text.ts'

/** What the rows of one scanner name, as small ids: flows and routes. */
export interface EntityIndex {
  readonly entities: Entities
  flow(flow: Flow): number
  /** Route of a request line without its quotes. */
  route(request: Buffer, targetGroup: string): RouteEntry
}

export interface RouteEntry {
  readonly id: number
  readonly isNew: boolean
  /** There are too many routes: from here on all new ones have this id. */
  readonly isOther: boolean
}

const MOST_ROUTES = 20_000

export function createEntityIndex(): EntityIndex {
  const flows: Flow[] = []
  const routes: Route[] = []
  const flowIds = new Map<string, number>()
  /** By target group. */
  const routeIds = new Map<string, Map<string, number>>()
  let otherRoute = -1

  return {
    entities: { flows, routes },
    flow(flow) {
      const key = `${flow.loadBalancer}|${flow.targetGroup}|${flow.target}|${flow.node}`
      let id = flowIds.get(key)
      if (id === undefined) {
        id = flows.push(flow) - 1
        flowIds.set(key, id)
      }
      return id
    },
    route(request, targetGroup) {
      const text = routeText(request)
      let ids = routeIds.get(targetGroup)
      if (ids === undefined) {
        ids = new Map()
        routeIds.set(targetGroup, ids)
      }
      const known = ids.get(text)
      if (known !== undefined) return { id: known, isNew: false, isOther: false }
      const likely = ids.get(looseRouteText(request))
      if (likely !== undefined) return { id: likely, isNew: false, isOther: false }
      if (routes.length >= MOST_ROUTES) {
        if (otherRoute === -1) otherRoute = routes.push({ text: '(other routes)', targetGroup: '' }) - 1
        return { id: otherRoute, isNew: false, isOther: true }
      }
      const id = routes.push({ text, targetGroup }) - 1
      ids.set(text, id)
      return { id, isNew: true, isOther: false }
    },
  }
}
