import type { SettingId } from '../../settings/setting.ts'

/** How a server takes a setting on its command line or from its environment. */
export interface AppFlag {
  readonly flag: string | null
  readonly env: string | null
  readonly text: (value: number) => string
}

const plain = (value: number): string => String(value)
const spring = (value: number): string => `${value}s`

const uvicorn: Partial<Record<SettingId, AppFlag>> = {
  'app.keepAliveSeconds': { flag: '--timeout-keep-alive', env: 'UVICORN_TIMEOUT_KEEP_ALIVE', text: plain },
  'app.backlog': { flag: '--backlog', env: 'UVICORN_BACKLOG', text: plain },
  'app.gracefulShutdownSeconds': {
    flag: '--timeout-graceful-shutdown',
    env: 'UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN',
    text: plain,
  },
  'app.maxRequestsJitter': { flag: '--limit-max-requests-jitter', env: null, text: plain },
}
const gunicorn: Partial<Record<SettingId, AppFlag>> = {
  'app.keepAliveSeconds': { flag: '--keep-alive', env: null, text: plain },
  'app.backlog': { flag: '--backlog', env: null, text: plain },
  'app.gracefulShutdownSeconds': { flag: '--graceful-timeout', env: null, text: plain },
  'app.workerKillSeconds': { flag: '--timeout', env: null, text: plain },
  'app.maxRequestsJitter': { flag: '--max-requests-jitter', env: null, text: plain },
}
const hypercorn: Partial<Record<SettingId, AppFlag>> = {
  'app.keepAliveSeconds': { flag: '--keep-alive', env: null, text: plain },
  'app.backlog': { flag: '--backlog', env: null, text: plain },
  'app.gracefulShutdownSeconds': { flag: '--graceful-timeout', env: null, text: plain },
}
const springBoot: Partial<Record<SettingId, AppFlag>> = {
  'app.keepAliveSeconds': { flag: null, env: 'SERVER_TOMCAT_KEEPALIVETIMEOUT', text: spring },
  'app.backlog': { flag: null, env: 'SERVER_TOMCAT_ACCEPTCOUNT', text: plain },
  'app.gracefulShutdownSeconds': { flag: null, env: 'SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE', text: spring },
}
const puma: Partial<Record<SettingId, AppFlag>> = {
  'app.keepAliveSeconds': { flag: null, env: 'PUMA_PERSISTENT_TIMEOUT', text: plain },
}

const servers: Readonly<Record<string, Partial<Record<SettingId, AppFlag>>>> = {
  uvicorn,
  'gunicorn-sync': gunicorn,
  'gunicorn-gthread': gunicorn,
  'gunicorn-uvicorn': gunicorn,
  hypercorn,
  'spring-boot': springBoot,
  puma,
}

/** null when this server takes the setting in code only. */
export function appFlag(server: string | null, set: SettingId): AppFlag | null {
  return (server && Object.hasOwn(servers, server) ? servers[server]?.[set] : null) ?? null
}

/** Program names that may stand in a command line for a server. */
export function programsOf(server: string): readonly string[] {
  if (server.startsWith('gunicorn')) return ['gunicorn']
  return [server]
}
