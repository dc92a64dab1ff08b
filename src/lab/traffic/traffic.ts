/** A route template: `{n}` is a number, `{hex}` some hex digits; method first unless it is GET. */
export interface RouteShare {
  readonly route: string
  readonly weight: number
  /** Bytes of the request's body. */
  readonly bodyBytes?: number
  /** Instead of what the client would send; a list is sent as so many lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

interface StreamBase {
  readonly name: string
  readonly routes: readonly RouteShare[]
  /** The client's own patience. */
  readonly timeoutSeconds?: number
  /** Every visit of a client adds so much to its cookie. */
  readonly cookieBytesPerVisit?: number
  /** Follows redirects and keeps the cookies that it is given, as a browser does; each request is a new user. */
  readonly isLogin?: boolean
  readonly fromSeconds?: number
  readonly untilSeconds?: number
}

/** Open loop: arrivals do not wait for answers. */
export interface PoissonStream extends StreamBase {
  readonly kind: 'poisson'
  readonly perSecond: number
}

export interface BurstStream extends StreamBase {
  readonly kind: 'burst'
  readonly atSeconds: readonly number[]
  readonly count: number
  readonly withinSeconds?: number
}

/** A wall board, a cron job: asks again a fixed time after the last answer. */
export interface PollerStream extends StreamBase {
  readonly kind: 'poller'
  readonly everySeconds: number
  readonly count: number
  /** Requests at once in every round, as a board with that many widgets sends; the wait starts after the last answer. */
  readonly widgets?: number
  /** Uniform, added to every wait. */
  readonly jitterSeconds?: number
}

export type Stream = PoissonStream | BurstStream | PollerStream

export interface Traffic {
  readonly seconds: number
  readonly streams: readonly Stream[]
}

/** What the shop's visitors ask for. */
export const shopRoutes: readonly RouteShare[] = [
  { route: '/', weight: 12 },
  { route: '/api/products/{n}', weight: 24 },
  { route: '/api/products/{n}?currency=EUR&lang=de', weight: 8 },
  { route: '/search?q=lamp&page={n}', weight: 14 },
  { route: '/search?q=red+dress&page=1', weight: 6 },
  { route: 'POST /api/cart/{hex}', weight: 12, bodyBytes: 180 },
  { route: '/static/js/app.77be02.js', weight: 8 },
  { route: '/old/catalogue', weight: 4 },
  { route: '/wp-login.php', weight: 2 },
]

/** More or fewer visitors; bursts and boards, which make the incident, stay as they are. */
export function scaleTraffic(traffic: Traffic, factor: number): Traffic {
  const scale = (stream: Stream): Stream =>
    stream.kind === 'poisson' ? { ...stream, perSecond: stream.perSecond * factor } : stream
  return { ...traffic, streams: traffic.streams.map(scale) }
}
