import type { Detection } from '../formats/detect.ts'
import type { Inputs } from '../read/inputs.ts'
import type { LogFileName } from '../read/log-file-name.ts'
import type { UnitSpec } from './unit-scan.ts'

export interface InputPlan {
  readonly name: string
  readonly bytes: number
  /** Units that read it, in order; empty when it is not read. */
  readonly units: readonly number[]
  /** Why it is not read, or null. */
  readonly note: string | null
  readonly fileName: LogFileName | null
}

export interface ReadPlan {
  readonly inputs: readonly InputPlan[]
  readonly units: readonly UnitSpec[]
  readonly unreadable: readonly { readonly name: string; readonly why: string }[]
  /** Log text to read, inflated; estimated for gzip. */
  readonly textBytes: number
  readonly hasStdin: boolean
}

/** Access logs shrink to a tenth to a twelfth. */
export const GZIP_RATIO = 10
export const LEAST_RANGE_BYTES = 8_000_000
/** As few as keep all workers busy to the end: each unit is a message with columns of its own. */
const UNITS_PER_WORKER = 16

/** Which files are read, and in which pieces: one unit a file, several for a large plain one. */
export function planUnits(found: Inputs<Detection>, jobs: number): ReadPlan {
  const inputs: InputPlan[] = []
  const units: UnitSpec[] = []
  let textBytes = 0
  let hasStdin = false
  const rangeBytes = Math.max(LEAST_RANGE_BYTES, textOf(found) / (jobs * UNITS_PER_WORKER))
  for (const file of found.files) {
    const { detection } = file
    if (detection !== null && detection.kind !== 'log') {
      const note = 'seen' in detection ? detection.seen : 'gzip inside gzip'
      inputs.push({ name: file.name, bytes: file.bytes ?? 0, units: [], note, fileName: null })
      continue
    }
    if (file.path === '-' || file.bytes === null) hasStdin = true
    const bytes = file.bytes ?? 0
    const text = bytes * (file.isGzip ? GZIP_RATIO : 1)
    textBytes += text
    const first = units.length
    const isWhole = file.isGzip || file.bytes === null || detection?.carrier !== 'rows'
    const pieces = isWhole ? 1 : Math.max(1, Math.floor(bytes / rangeBytes))
    for (let piece = 0; piece < pieces; piece++)
      units.push({
        unit: units.length,
        path: file.path,
        range:
          pieces === 1
            ? null
            : { start: Math.floor((bytes * piece) / pieces), end: Math.floor((bytes * (piece + 1)) / pieces) },
        bytes: Math.floor(text / pieces),
        detection,
        node: file.fileName?.node ?? '',
      })
    inputs.push({
      name: file.name,
      bytes,
      units: units.slice(first).map((unit) => unit.unit),
      note: null,
      fileName: file.fileName,
    })
  }
  for (const left of found.leftOut)
    inputs.push({ name: left.name, bytes: left.bytes, units: [], note: left.note, fileName: null })
  return { inputs, units, unreadable: found.unreadable, textBytes, hasStdin }
}

function textOf({ files }: Inputs<Detection>): number {
  return files.reduce((sum, { bytes, isGzip }) => sum + (bytes ?? 0) * (isGzip ? GZIP_RATIO : 1), 0)
}
