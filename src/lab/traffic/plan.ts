import { addresses } from '../world/network.ts'
import { Random } from './random.ts'
import type { PollerStream, RouteShare, Traffic } from './traffic.ts'

/** One request as the client process sends it. */
export interface PlannedRequest {
  /** From the start of the traffic. */
  readonly atMs: number
  readonly stream: string
  readonly clientAddress: string
  readonly userAgent: string
  /** Index of the load balancer node the name resolved to. */
  readonly node: number
  readonly method: string
  readonly path: string
  readonly bodyBytes: number
  readonly headers?: RouteShare['headers']
  readonly cookieBytes?: number
  readonly isLogin?: boolean
  readonly timeoutMs: number
}

/** Asks again `everyMs` after its last answer; each round has its own requests. */
export interface PlannedPoller extends Omit<PlannedRequest, 'path' | 'method' | 'bodyBytes' | 'headers'> {
  readonly everyMs: number
  readonly untilMs: number
  readonly rounds: readonly (readonly {
    readonly method: string
    readonly path: string
    readonly bodyBytes: number
  }[])[]
  readonly jitterMs: readonly number[]
}

export interface TrafficPlan {
  readonly seconds: number
  readonly requests: readonly PlannedRequest[]
  readonly pollers: readonly PlannedPoller[]
}

const userAgents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'ShopApp/7.3.1 "beta" (Android 15)',
  'okhttp/4.12.0',
  'python-requests/2.32.5',
] as const

/** Draws every arrival beforehand, so that a seed fixes the traffic whatever the servers do. */
export function planTraffic(traffic: Traffic, loadBalancerNodes: number, seed: number): TrafficPlan {
  const requests: PlannedRequest[] = []
  const pollers: PlannedPoller[] = []
  for (const [index, stream] of traffic.streams.entries()) {
    const random = new Random(seed * 7919 + index)
    const fromMs = (stream.fromSeconds ?? 0) * 1000
    const untilMs = (stream.untilSeconds ?? traffic.seconds) * 1000
    const draw = (atMs: number): PlannedRequest => ({
      atMs,
      stream: stream.name,
      clientAddress: addresses.client(random.integer(addresses.clientCount)),
      userAgent: random.pick(userAgents),
      node: random.integer(loadBalancerNodes),
      ...drawRoute(stream.routes, random),
      timeoutMs: (stream.timeoutSeconds ?? 90) * 1000,
      ...(stream.isLogin ? { isLogin: true } : {}),
    })
    if (stream.kind === 'poisson') {
      const meanMs = 1000 / stream.perSecond
      for (let at = fromMs + random.exponential(meanMs); at < untilMs; at += random.exponential(meanMs))
        requests.push(draw(at))
    } else if (stream.kind === 'burst') {
      for (const atSeconds of stream.atSeconds)
        for (let i = 0; i < stream.count; i++)
          requests.push(draw(atSeconds * 1000 + random.next() * (stream.withinSeconds ?? 0) * 1000))
    } else {
      pollers.push(...drawPollers(stream, fromMs, untilMs, loadBalancerNodes, draw, random))
    }
  }
  requests.sort((a, b) => a.atMs - b.atMs)
  return { seconds: traffic.seconds, requests: withCookies(requests, traffic), pollers }
}

/** The nth visit of a client carries n times what a visit leaves behind. */
function withCookies(requests: readonly PlannedRequest[], traffic: Traffic): PlannedRequest[] {
  const perVisit = new Map(traffic.streams.map((stream) => [stream.name, stream.cookieBytesPerVisit ?? 0]))
  const visits = new Map<string, number>()
  return requests.map((request) => {
    const bytes = perVisit.get(request.stream) ?? 0
    if (bytes === 0) return request
    const visit = (visits.get(request.clientAddress) ?? 0) + 1
    visits.set(request.clientAddress, visit)
    return { ...request, cookieBytes: visit * bytes }
  })
}

function drawPollers(
  stream: PollerStream,
  fromMs: number,
  untilMs: number,
  loadBalancerNodes: number,
  draw: (atMs: number) => PlannedRequest,
  random: Random,
): PlannedPoller[] {
  const rounds = Math.ceil((untilMs - fromMs) / (stream.everySeconds * 1000)) + 1
  return Array.from({ length: stream.count }, (_, index) => {
    const { path: _path, method: _method, bodyBytes: _bytes, ...rest } = draw(fromMs + random.next() * 2000)
    return {
      ...rest,
      // Boards are spread over the load balancer's nodes, so that few share a pool.
      node: index % loadBalancerNodes,
      everyMs: stream.everySeconds * 1000,
      untilMs,
      rounds: Array.from({ length: rounds }, () =>
        Array.from({ length: stream.widgets ?? 1 }, () => drawRoute(stream.routes, random)),
      ),
      jitterMs: Array.from({ length: rounds }, () => (random.next() - 0.5) * 2000 * (stream.jitterSeconds ?? 0)),
    }
  })
}

function drawRoute(
  routes: readonly RouteShare[],
  random: Random,
): Pick<PlannedRequest, 'method' | 'path' | 'bodyBytes' | 'headers'> {
  let left = random.next() * routes.reduce((sum, share) => sum + share.weight, 0)
  const share = routes.find((candidate) => {
    left -= candidate.weight
    return left < 0
  })
  const chosen = share ?? routes[0]
  if (!chosen) throw new Error('A stream needs at least one route')
  const [method, template] = chosen.route.includes(' ')
    ? (chosen.route.split(' ') as [string, string])
    : ['GET', chosen.route]
  const path = template
    .replaceAll('{n}', () => String(1 + random.integer(2000)))
    .replaceAll('{hex}', () =>
      Math.floor(random.next() * 0xfffff)
        .toString(16)
        .padStart(5, '0'),
    )
  const { bodyBytes = 0, headers } = chosen
  return { method, path, bodyBytes, ...(headers ? { headers } : {}) }
}
