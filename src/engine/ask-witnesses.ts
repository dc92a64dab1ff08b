import { joinTestimonies } from '../joins/joined.ts'
import type { Incident } from './incident.ts'
import { type Heard, readWitnesses, subjectsOf, type WitnessOptions } from './read-witnesses.ts'
import { sampleControls } from './sample-controls.ts'
import type { UnitSpec } from './unit-scan.ts'
import type { WitnessFiles } from './witness-files.ts'

export interface Asking {
  readonly units: readonly UnitSpec[]
  readonly incident: Incident
  readonly requests: number
  readonly options: WitnessOptions
  /** Witnesses may turn up later: what they will be asked about is wanted without them. */
  readonly isSaved: boolean
  readonly signal: AbortSignal
}

/** What the witnesses that were found say of the failures, and of healthy requests as the control. */
export async function askWitnesses(
  found: WitnessFiles,
  { units, incident, requests, options, isSaved, signal }: Asking,
): Promise<Heard> {
  const ask = async () => subjectsOf(incident, await sampleControls(units, incident, requests, signal))
  const heard = await readWitnesses(found, ask, options, signal)
  return { ...heard, joined: heard.joined ?? (isSaved ? joinTestimonies(await ask(), []) : undefined) }
}
