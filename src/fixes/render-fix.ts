import type { Fix } from '../core/diagnosis.ts'
import { type Knob, knobs, type Way } from './knobs.ts'
import type { SettingChange } from './setting-change.ts'

/** Commonest spellings when nobody knows which server runs. */
const shownWhenUnknown = 4

/** One setting change as a fix of the diagnosis: what to write, per server that may be running, and how to undo it. */
export function renderFix(change: SettingChange): Fix {
  const knob = knobs[change.set]
  if (!knob) throw new Error(`No spelling for the setting ${change.set}`)
  const value = String(change.to)
  return {
    title: knob.title(value),
    hop: knob.hop,
    safety: change.safety ?? 'safe',
    patch: patchOf(knob, value, change.servers),
    undo: change.from === undefined ? knob.undo : `Set it back to ${change.from}. ${knob.undo}`,
    because: change.because,
  }
}

function patchOf(knob: Knob, value: string, servers: readonly string[] | undefined): string {
  const ways = waysFor(knob.ways, servers)
  const texts = ways.map((way) => `# ${way.where}\n${way.write(value)}`)
  const left = knob.ways.length - ways.length
  if (!servers && left > 0) texts.push(`# and ${left} more servers: docs/timeouts.md`)
  return texts.join('\n')
}

function waysFor(ways: readonly Way[], servers: readonly string[] | undefined): readonly Way[] {
  const exact = servers ? ways.filter((way) => servers.includes(way.server)) : []
  if (exact.length > 0) return exact
  const known = servers ? ways.filter((way) => servers.some((server) => isSpeltAs(server, way.server))) : []
  if (known.length > 0) return known
  return ways.slice(0, shownWhenUnknown)
}

/** All gunicorns take the same flags. */
function isSpeltAs(server: string, way: string): boolean {
  return server === way || (server.startsWith('gunicorn') && way.startsWith('gunicorn'))
}
