import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'

/** Where a proxy sends requests: a name or address, and a port. */
export interface Upstream {
  readonly host: string
  readonly port: number | null
}

/** One way through a proxy: a location with its effective settings. */
export interface ProxyRoute {
  /** `location /`, `backend app`. */
  readonly name: string
  readonly at: Place
  readonly values: Readonly<Partial<Record<SettingId, ChainValue>>>
  readonly upstreams: readonly Upstream[]
  /** Version of the proxy from which on connections to the app are kept and reused; null = never. */
  readonly pooledSince: string | null
}

/** Something wrong that is no inequality. `rule` is an id of `structure-rules.ts`. */
export interface Remark {
  readonly rule: string
  readonly at: Place
  /** With the value that was found. */
  readonly message: string
}

/** A proxy's configuration, whatever its language. */
export interface ProxySettings {
  readonly kind: 'nginx' | 'haproxy'
  readonly file: string
  readonly listens: readonly number[]
  readonly routes: readonly ProxyRoute[]
  /** What applies without any route (a server that answers by itself). */
  readonly values: Readonly<Partial<Record<SettingId, ChainValue>>>
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
}
