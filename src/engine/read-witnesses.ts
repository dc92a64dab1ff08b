import { readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { JsonKeys } from '../formats/witnesses/json-line-keys.ts'
import { nginxFormatFrom } from '../formats/witnesses/nginx-access.ts'
import type { LineFormatId } from '../formats/witnesses/witness-row.ts'
import { CheckLog, ConnectionLog } from '../joins/check-log.ts'
import { readDocument } from '../joins/documents.ts'
import { type Joined, joinTestimonies } from '../joins/joined.ts'
import { LineLog } from '../joins/line-log.ts'
import { NodeCounters } from '../joins/node-counters.ts'
import { makeSubjects, type Subjects } from '../joins/subjects.ts'
import type { Testimony } from '../joins/testimony.ts'
import { readBlocks } from '../read/byte-chunks.ts'
import type { Incident } from './incident.ts'
import type { Controls } from './sample-controls.ts'
import type { WitnessFile, WitnessFiles } from './witness-files.ts'

export interface WitnessOptions {
  /** Text of a `log_format` directive. */
  readonly nginxLogFormat?: string
  readonly jsonKeys?: JsonKeys
}

/** What the witnesses said, and what of them could not be read. */
export interface Heard {
  readonly joined: Joined | undefined
  readonly unheard: readonly { readonly name: string; readonly why: string }[]
}

/**
 * Reads every witness once, streamed. `ask` makes the requests that they are asked about, and is called only when
 * there is one. `known`: what was heard before, of the same requests.
 */
export async function readWitnesses(
  found: WitnessFiles,
  ask: () => Promise<Subjects>,
  options: WitnessOptions,
  signal: AbortSignal,
  known: Heard = { joined: undefined, unheard: [] },
): Promise<Heard> {
  const unheard = [...known.unheard, ...found.unknown]
  if (found.files.length === 0) return { joined: known.joined, unheard }
  const subjects = await ask()
  const testimonies: Testimony[] = [...(known.joined?.testimonies ?? [])]
  for (const file of found.files) {
    if (signal.aborted) break
    try {
      testimonies.push(await readTestimony(file, subjects, options))
    } catch (error) {
      unheard.push({ name: file.name, why: (error as Error).message })
    }
  }
  return { joined: joinTestimonies(subjects, testimonies), unheard }
}

/** The requests that witnesses are asked about: the failures, and healthy ones as the control. */
export function subjectsOf(incident: Incident, { controls, every }: Controls): Subjects {
  return makeSubjects({
    failures: incident.failures,
    flows: incident.registry.flows,
    routes: incident.registry.routes,
    textOf: (failure) => incident.texts.get(failure),
    controls,
    controlEvery: every,
  })
}

/** One witness file, streamed. */
export async function readTestimony(
  file: WitnessFile,
  subjects: Subjects,
  { nginxLogFormat, jsonKeys }: WitnessOptions,
): Promise<Testimony> {
  if (file.carrier === 'document') return readDocument(file.name, file.format, readText(file.path), subjects)
  if (file.carrier === 'rows') {
    const log = rowsLog(file)
    await readBlocks(file.path, null, (block) => log.add(block))
    return log.finish()
  }
  const log = new LineLog(file.name, subjects, {
    ...(file.isInsisted ? { only: file.format as LineFormatId } : {}),
    ...(nginxLogFormat !== undefined ? { given: [nginxFormatFrom(nginxLogFormat)] } : {}),
    ...(jsonKeys ? { jsonKeys } : {}),
  })
  const { truncated } = await readBlocks(file.path, null, (block) => log.add(block))
  const testimony = log.finish()
  return truncated === null ? testimony : { ...testimony, notes: [...testimony.notes, truncated] }
}

function rowsLog({ format, name }: WitnessFile): ConnectionLog | CheckLog | NodeCounters {
  if (format === 'alb-connection') return new ConnectionLog(name)
  return format === 'node-counters' ? new NodeCounters(name) : new CheckLog(name)
}

/** A document is parsed as a whole, so it must fit: exports of one incident do. */
const LONGEST_DOCUMENT = 128_000_000

function readText(path: string): string {
  const bytes = statSync(path).size
  if (bytes > LONGEST_DOCUMENT) throw new Error('larger than 128 MB: export less of it')
  const raw = readFileSync(path)
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b
  return (isGzip ? gunzipSync(raw, { maxOutputLength: LONGEST_DOCUMENT }) : raw).toString('utf8')
}
