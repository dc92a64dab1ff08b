import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TruthRow } from '../truth/truth-rows.ts'

/** An incident of the lab, kept: `logs/` is all that a diagnosis may see. */
export interface Recording {
  /** `keepalive-race-uvicorn-11`. */
  readonly name: string
  readonly scenario: string
  readonly seed: number
  /** Visitors, times what the scenario has. */
  readonly traffic: number
  readonly logs: string
  readonly truth: readonly TruthRow[]
}

export function readRecordings(folder: string): readonly Recording[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'about.json')))
    .sort()
    .map((name) => {
      const about = JSON.parse(readFileSync(join(folder, name, 'about.json'), 'utf8')) as {
        scenario: string
        seed: number
        traffic: number
      }
      const text = gunzipSync(readFileSync(join(folder, name, 'truth.ndjson.gz'))).toString('utf8')
      return {
        name,
        scenario: about.scenario,
        seed: about.seed,
        traffic: about.traffic,
        logs: join(folder, name, 'logs'),
        truth: text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as TruthRow),
      }
    })
}
