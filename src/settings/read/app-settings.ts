import type { ChainValue, Place } from '../chain.ts'
import { serverDefaults } from '../servers.ts'
import type { SettingId } from '../setting.ts'

/** What a command line, an image or a configuration says about one server process. */
export interface AppSettings {
  /** Id of `servers.ts`; null = not recognised. */
  readonly server: string | null
  readonly version: string | null
  readonly values: Readonly<Partial<Record<SettingId, ChainValue>>>
  readonly port: number | null
  /** Where the command stands: findings about what is missing point here. */
  readonly at: Place | null
  /** Values that code may set where no file shows it. */
  readonly isSetInCode: boolean
  readonly neverReuses: boolean
  /** What was seen and could not be read. */
  readonly notes: readonly string[]
}

/** Servers whose keep-alive lives in code: a file that does not mention it proves nothing. */
const configuredInCode = new Set(['node', 'go', 'fastify', 'kestrel', 'spring-boot', 'actix-web', 'aiohttp', 'cowboy'])

/** Fills in what the server does when nobody set anything. */
export function withDefaults(found: {
  server: string | null
  version?: string | null
  values: Partial<Record<SettingId, ChainValue>>
  port?: number | null
  at: Place | null
  notes?: readonly string[]
}): AppSettings {
  const row = found.server ? serverDefaults(found.server, found.version ?? null) : undefined
  const values: Partial<Record<SettingId, ChainValue>> = { ...found.values }
  for (const [id, value] of Object.entries(row?.values ?? {}) as [SettingId, number][])
    values[id] ??= {
      value,
      source: 'default',
      at: found.at,
      because: `not set: ${row?.title} takes ${Number.isFinite(value) ? value : 'no limit'}`,
    }
  return {
    server: found.server,
    version: found.version ?? null,
    values,
    port: found.port ?? null,
    at: found.at,
    isSetInCode: found.server !== null && configuredInCode.has(found.server),
    neverReuses: row?.neverReuses === true,
    notes: found.notes ?? [],
  }
}
