import { compareVersions } from './servers.ts'

/** Directives and defaults that not every nginx knows. Source: CHANGES of nginx. */
const since = {
  /** Idle connections survive a reload or shedding at least this long. */
  keepaliveMinTimeout: '1.27.4',
  /** `upstream { keepalive }` on by default, HTTP/1.1 towards the upstream by default. */
  upstreamKeepaliveByDefault: '1.29.7',
  /** `server ... resolve` in open source. */
  serverResolve: '1.27.3',
  keepaliveTime: '1.19.10',
  upstreamKeepaliveTimeout: '1.15.3',
  workerShutdownTimeout: '1.11.11',
} as const

export type NginxFeature = keyof typeof since

export function nginxKnows(feature: NginxFeature, version: string): boolean {
  return compareVersions(version, since[feature]) >= 0
}

/** What Debian 12 ships; taken when neither a flag nor an image tag says otherwise. */
export const assumedNginxVersion = '1.22.1'
