import type { FieldSpec, FormatId, LogFormat } from './define-format.ts'

/** Where an export keeps each field of a row. */
export interface RecordMapping {
  readonly format: FormatId
  /** The whole row stands in this key (CloudWatch Logs), and `fields` is empty. */
  readonly messageKey: string | null
  /** Per field of the table, in order: the keys whose values make it up, or null where the export lacks it. */
  readonly fields: readonly (readonly string[] | null)[]
}

/** Fields that Athena's tables split up. Each part is a list of names seen. */
const PARTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'client:port': [['client_ip'], ['client_port']],
  'target:port': [['target_ip'], ['target_port']],
  'backend:port': [['backend_ip'], ['backend_port']],
  'destination:port': [['destination_ip'], ['destination_port']],
  request: [
    ['request_verb', 'request_method', 'method'],
    ['request_url', 'request_uri', 'url'],
    ['request_proto', 'request_protocol', 'request_version', 'protocol'],
  ],
}

export interface MappedRecord {
  readonly mapping: RecordMapping
  /** Fields of the format that the export has. */
  readonly known: number
  /** Fields without which its rows could not be judged. */
  readonly missing: readonly string[]
}

export function mapRecord(format: LogFormat, keys: readonly string[]): MappedRecord {
  const byName = new Map(keys.map((key) => [normalise(key), key]))
  const fields = format.fields.map((field) => findField(field, byName))
  const needed = [...format.required, ...format.exportNeeds]
  const missing = needed.filter((name) => !fields[format.fields.findIndex((field) => field.name === name)])
  const known = fields.filter((field) => field !== null).length
  return { mapping: { format: format.id, messageKey: null, fields }, known, missing }
}

function findField(field: FieldSpec, byName: ReadonlyMap<string, string>): readonly string[] | null {
  const parts = PARTS[field.name]?.map((names) => firstOf(names, byName))
  if (parts && parts[0] !== undefined && parts.every((part) => part !== undefined)) return parts as string[]
  const whole = firstOf([normalise(field.name), ...(field.keys ?? [])], byName)
  return whole === undefined ? null : [whole]
}

function firstOf(names: readonly string[], byName: ReadonlyMap<string, string>): string | undefined {
  for (const name of names) {
    const key = byName.get(name)
    if (key !== undefined) return key
  }
  return undefined
}

function normalise(key: string): string {
  return key
    .trim()
    .toLowerCase()
    .replace(/[:\s-]+/g, '_')
}
