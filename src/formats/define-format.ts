export type FormatId = 'alb' | 'classic' | 'nlb' | 'alb-connection' | 'alb-health-check'

/** What a value looks like; `field-kinds.ts` has the check for each. */
export type FieldKind =
  | 'text'
  | 'time'
  | 'endpoint'
  | 'address'
  | 'port'
  | 'seconds'
  | 'milliseconds'
  | 'integer'
  | 'status'
  | 'arn'
  | 'hex'

export interface FieldSpec {
  /** AWS's name of the field, as its page writes it. */
  readonly name: string
  readonly kind: FieldKind
  /** In double quotes when AWS writes it. Old rows may leave the quotes out; the splitter accepts both. */
  readonly quoted?: boolean
  /** Texts that mean "no value", beside the empty one. */
  readonly absent?: readonly string[]
  /** One sentence for a person on call. */
  readonly meaning: string
  /** The earliest row or page that has the field (`2016-11`); left out for fields that were always there. */
  readonly since?: string
  /** Other names of the same field in exports (Athena columns, vended log records), beside `name` with `:` as `_`. */
  readonly keys?: readonly string[]
  /** What a value must match for a row to count as this format (detection only). */
  readonly signature?: RegExp
}

export interface FormatSample<Name extends string = string> {
  /** What this row shows: the test's name. */
  readonly title: string
  readonly line: string
  /** Decoded values by field name; undefined = absent. */
  readonly expect: Readonly<Partial<Record<Name, string | undefined>>>
  /** Number of fields that the row holds, unknown ones included. */
  readonly fields: number
  /** The row was cut: it must be reported as bad. */
  readonly isCut?: boolean
}

export interface LogFormat<Fields extends readonly FieldSpec[] = readonly FieldSpec[]> {
  readonly id: FormatId
  readonly title: string
  readonly source: string
  /** One row is one ... */
  readonly rowIs: string
  /** A row with fewer fields is cut or is no row of this format. */
  readonly leastFields: number
  /** Fields without which a row says nothing: a row whose value does not parse is bad. */
  readonly required: readonly Fields[number]['name'][]
  /** What a JSON or CSV export must hold besides, or its rows could not be judged. */
  readonly exportNeeds: readonly Fields[number]['name'][]
  readonly fields: Fields
  readonly samples: readonly FormatSample<Fields[number]['name']>[]
}

/** Names of a format's fields: `FieldName<typeof alb>`. */
export type FieldName<Format extends LogFormat> = Format['fields'][number]['name']

export function defineFormat<const Fields extends readonly FieldSpec[]>(format: LogFormat<Fields>): LogFormat<Fields> {
  return format
}
