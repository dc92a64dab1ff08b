import { basename } from 'node:path'
import { fail } from '../core/errors.ts'
import type { Detection } from '../formats/detect.ts'
import type { WitnessDetection } from '../formats/witnesses/detect-witness.ts'
import { type WitnessFormatId, witnessFormatIds } from '../formats/witnesses/witness-row.ts'
import { findInputs, type Inputs } from '../read/inputs.ts'

export interface WitnessFile {
  readonly name: string
  readonly path: string
  readonly format: WitnessFormatId
  readonly carrier: 'lines' | 'document' | 'rows'
  /** The operator said what it is. */
  readonly isInsisted: boolean
}

export interface WitnessFiles {
  readonly files: readonly WitnessFile[]
  /** Given with --with and not understood. */
  readonly unknown: readonly { readonly name: string; readonly why: string }[]
}

const DOCUMENTS: readonly WitnessFormatId[] = ['sentry', 'cloudwatch', 'prometheus', 'kubernetes', 'target-health']

const ROWS: readonly WitnessFormatId[] = ['alb-health-check', 'alb-connection', 'node-counters']

/** Witnesses that were given (`FILE`, `KIND=FILE`), and those that lie among the logs. */
export async function findWitnesses(
  given: readonly string[],
  inputs: Inputs<Detection>,
  isWanted: boolean,
  nginxLogFormat?: string,
): Promise<WitnessFiles> {
  if (!isWanted) return { files: [], unknown: [] }
  const insisted = new Map<string, WitnessFormatId>()
  const plain: string[] = []
  for (const text of given) {
    const found = /^([a-z-]+)=(.+)$/s.exec(text)
    if (found === null) plain.push(text)
    else if ((witnessFormatIds as readonly string[]).includes(found[1] as string))
      insisted.set(found[2] as string, found[1] as WitnessFormatId)
    else
      fail('USAGE', {
        what: `--with ${found[1]}=...: no such kind of witness. Known: ${witnessFormatIds.join(', ')}`,
      })
  }
  const beside = inputs.files.flatMap((file) => {
    const { detection } = file
    const isOffered =
      detection?.kind === 'other' ||
      (detection?.kind === 'log' && (detection.format === 'alb-health-check' || detection.format === 'alb-connection'))
    return isOffered ? [file.path] : []
  })
  const files: WitnessFile[] = []
  const unknown: { name: string; why: string }[] = []
  for (const [path, format] of insisted) {
    // `seen` is not asked: whoever insists has looked.
    const found = await findInputs([path], (): WitnessDetection => ({ kind: 'log', carrier: 'lines', format }))
    for (const file of found.files) {
      const isRows = ROWS.includes(format)
      const carrier = DOCUMENTS.includes(format) ? 'document' : isRows ? 'rows' : 'lines'
      files.push({ name: file.name, path: file.path, format, carrier, isInsisted: true })
    }
    unknown.push(...found.unreadable)
  }
  if (plain.length === 0 && beside.length === 0 && nginxLogFormat === undefined) return { files, unknown }
  // Loaded when there is something to look at: until then workers wait.
  const { detectWitness, EMPTY_LIST } = await import('../formats/witnesses/detect-witness.ts')
  const { nginxFormatFrom } = await import('../formats/witnesses/nginx-access.ts')
  const formats = nginxLogFormat === undefined ? [] : [nginxFormatFrom(nginxLogFormat)]
  const isInsisted = new Set(files.map((file) => file.path))
  const found = await findInputs([...plain, ...beside], (head) => detectWitness(head, formats))
  const besides = new Set(beside)
  for (const { name, path, detection } of found.files) {
    if (isInsisted.has(path)) continue
    // `[]` is what Sentry's API answers when there is no event, which is worth knowing; only the name tells whose it is.
    const isEmptyExport = detection?.kind === 'other' && detection.seen === EMPTY_LIST && /sentry/i.test(basename(path))
    if (isEmptyExport) files.push({ name, path, format: 'sentry', carrier: 'document', isInsisted: false })
    else if (detection?.kind === 'log')
      files.push({ name, path, format: detection.format, carrier: detection.carrier, isInsisted: false })
    else if (!besides.has(path))
      unknown.push({ name, why: `this is ${detection?.seen ?? 'a pipe'}, no witness that why5xx knows` })
  }
  unknown.push(...found.unreadable.filter(({ name }) => !besides.has(name)))
  return { files, unknown }
}
