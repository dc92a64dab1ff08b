import type { SettingId } from './setting.ts'

/** A place in a file, 1-based. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One value with where it comes from. */
export interface ChainValue {
  readonly value: number
  /** `given`: written in a file or on the command line; `measured`: from a log; `default`: documented, nobody set it. */
  readonly source: 'given' | 'measured' | 'default'
  /** Where it is written, or (for a default) where one would write it. */
  readonly at: Place | null
  /** How it is written there (`--timeout-keep-alive 5`), or why the default applies. */
  readonly because: string
  /** A default that code may override where no file shows it: a break then counts as a note. */
  readonly maybeInCode?: boolean
}

/** How requests reach the app: which hops there are. Rules say which of these they need. */
export type ChainFact =
  | 'load-balancer'
  | 'proxy'
  | 'no-proxy'
  | 'proxy-sidecar'
  | 'node-server'
  | 'haproxy'
  | 'kubernetes'
  | 'instance-target'
  | 'ip-target'
  | 'pooled-upstream'

/** The settings along one way from the load balancer to one app. */
export interface Chain {
  /** `Ingress shop/web -> Service shop -> Deployment shop`. */
  readonly name: string
  readonly facts: ReadonlySet<ChainFact>
  readonly values: Readonly<Partial<Record<SettingId, ChainValue>>>
  /** Server that answers the load balancer's target address (`uvicorn`, `nginx`), if known. */
  readonly server: string | null
  /** Where to point when a value is missing altogether, per hop's main place (container, Ingress). */
  readonly anchor: Place | null
}
