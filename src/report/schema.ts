import * as z from 'zod/mini'
import type { Diagnosis } from '../core/diagnosis.ts'
import { fail } from '../core/errors.ts'
import { answeredByValues, confidences, hops, symptoms } from '../core/vocabulary.ts'

// The published contract. `Same` below makes the compiler compare it with the type, both ways; npm run gen writes
// schema/diagnosis.schema.json from it. Objects stay open: a later version may add keys, and readers ignore them.

const count = z.int().check(z.gte(0))
const text = z.string()
const texts = z.array(text)
const counts = z.array(count)

function byWhoAnswered<T extends z.ZodMiniType>(value: T) {
  return z.object({ 'load-balancer': value, target: value, nobody: value })
}

const timeWindow = z
  .object({ start: text, end: text })
  .check(z.describe('First and last moment, ISO 8601 UTC; both inclusive.'))

const sampleRow = z.object({
  input: text,
  row: count.check(z.describe('1-based line number in the input.')),
  raw: text.check(z.describe('The row as it stands in the log, at most 4,000 characters.')),
  decidedBy: texts.check(z.describe('Names of the fields that decided.')),
})

const inputReport = z.object({
  name: text,
  format: z.nullable(text).check(z.describe('Format id, or null when it is none that why5xx knows.')),
  bytes: count.check(z.describe('Bytes on disk that were read.')),
  rows: count,
  parsed: count,
  skipped: count,
  bad: count,
  badSamples: texts.check(z.describe('The first five rows that did not parse, shortened to 500 characters.')),
  truncated: z.nullable(text).check(z.describe('Why the input was cut short, or null.')),
  note: z.nullable(text).check(z.describe('Why nothing was read from it, or null.')),
})

const books = z
  .object({
    rows: count,
    parsed: count,
    skipped: count,
    bad: count,
    requests: count,
    failures: count,
    elb5xx: count,
    target5xx: count,
    clientLeft: count,
    rejected: count.check(z.describe('4XX that the load balancer made; not failures.')),
    explained: count,
    undetermined: count,
  })
  .check(
    z.describe(
      'rows = parsed + skipped + bad; failures = elb5xx + target5xx + clientLeft = explained + undetermined = sum of findings[].failures.',
    ),
  )

const control = z.nullable(z.object({ label: text, value: z.number(), of: z.nullable(z.number()) }))

const evidence = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('count'),
    id: text,
    title: text,
    value: z.number(),
    of: z.nullable(z.number()),
    unit: text,
    control: control.check(z.describe('The same measure over healthy requests.')),
  }),
  z.object({
    kind: z.literal('series'),
    id: text,
    title: text,
    start: text,
    stepSeconds: z.number(),
    unit: text,
    lines: z.array(z.object({ label: text, values: z.array(z.number()) })),
  }),
  z.object({
    kind: z.literal('histogram'),
    id: text,
    title: text,
    unit: text,
    label: z.exactOptional(text),
    edges: z.array(z.number()).check(z.describe('counts[i] lies in [edges[i], edges[i + 1]).')),
    counts: z.array(z.number()),
    control: z
      .nullable(z.object({ label: text, counts: z.array(z.number()) }))
      .check(z.describe('Scaled to the same number of trials.')),
    marks: z.array(z.object({ at: z.number(), label: text })),
  }),
  z.object({
    kind: z.literal('table'),
    id: text,
    title: text,
    columns: texts,
    rows: z.array(z.array(z.union([text, z.number(), z.null()]))),
  }),
])

const scope = z
  .object({
    loadBalancers: texts,
    targetGroups: z.exactOptional(texts),
    targets: z.exactOptional(texts),
    nodes: z.exactOptional(texts),
    routes: z.exactOptional(texts),
  })
  .check(z.describe('What a finding claims to be about. An absent list means: not limited in that dimension.'))

const finding = z.object({
  id: text.check(z.describe('Stable within a diagnosis.')),
  cause: z.nullable(text).check(z.describe('Catalogue id (why5xx causes), or null when undetermined.')),
  title: text,
  symptom: z.enum(symptoms),
  otherSymptoms: z.array(z.enum(symptoms)),
  hop: z.nullable(z.enum(hops)),
  confidence: z.nullable(z.enum(confidences)).check(z.describe('null = undetermined.')),
  failures: count,
  requests: count.check(z.describe("Requests in the finding's scope and window: the denominator.")),
  window: timeWindow,
  scope,
  because: texts,
  evidence: z.array(evidence),
  ruledOut: z.array(z.object({ cause: text, why: text })),
  candidates: z.array(z.object({ cause: text, settledBy: texts })).check(z.describe('Best first, at most four.')),
  samples: z.array(sampleRow),
  fixes: z.array(
    z.object({
      title: text,
      hop: z.enum(hops),
      safety: z.enum(['safe', 'review']),
      patch: text,
      undo: text,
      because: text,
    }),
  ),
})

const topRows = z.array(z.object({ key: text, requests: count, failures: count, elb5xx: count, target5xx: count }))

const source = z.enum(['given', 'inferred', 'default'])
const settingValue = z.object({ value: z.number(), source, because: text })
const kubernetes = z
  .nullable(z.object({ namespace: text, name: text }))
  .check(z.describe("Read from the controller's name (k8s-NAMESPACE-NAME-HASH), or null."))

const indexes = z.array(z.int().check(z.gte(-1)))
const maybeNumbers = z.array(z.nullable(z.number()))
const maybeTexts = z.array(z.nullable(text))

const failureRows = z
  .object({
    total: count,
    kept: count,
    names: z.object({
      inputs: texts,
      loadBalancers: texts,
      targetGroups: texts,
      targets: texts,
      nodes: texts,
      routes: texts,
      symptoms: texts,
      findings: texts,
    }),
    columns: z.object({
      input: indexes,
      row: counts,
      time: maybeTexts,
      created: maybeTexts,
      elapsedMs: maybeNumbers,
      requestSeconds: maybeNumbers,
      targetSeconds: maybeNumbers,
      responseSeconds: maybeNumbers,
      elbStatus: maybeNumbers,
      targetStatus: maybeNumbers,
      receivedBytes: maybeNumbers,
      sentBytes: maybeNumbers,
      loadBalancer: indexes,
      targetGroup: indexes,
      target: indexes,
      node: indexes,
      route: indexes,
      symptom: indexes,
      finding: indexes,
      answeredBy: z.array(z.enum(answeredByValues)),
      traceId: maybeTexts,
      request: maybeTexts,
      client: maybeTexts,
      userAgent: maybeTexts,
    }),
  })
  .check(
    z.describe(
      'The first N failures as columns of equal length; the strings index columns point into stand in names, -1 = absent.',
    ),
  )

export const diagnosisSchema = z
  .object({
    schemaVersion: z.literal(1),
    tool: z.object({ name: z.literal('why5xx'), version: text, generatedAt: text }),
    complete: z.boolean().check(z.describe('false when the run was interrupted: what was known so far.')),
    inputs: z.array(inputReport),
    books,
    window: z.nullable(timeWindow),
    answeredBy: byWhoAnswered(count).check(z.describe('Failures by who wrote the status.')),
    symptoms: z
      .array(z.object({ symptom: z.enum(symptoms), failures: count }))
      .check(z.describe('Most failures first.')),
    findings: z
      .array(finding)
      .check(z.describe('Undetermined first, then by failures. Every failure is in exactly one.')),
    top: z.object({ targets: topRows, routes: topRows, minutes: topRows, targetGroups: topRows }),
    load: z.array(
      z.object({
        loadBalancer: text,
        targetGroup: z.nullable(text),
        target: text,
        requestsPerSecond: z.object({ mean: z.number(), peak: z.number() }),
        serviceSeconds: z.nullable(
          z.object({
            mean: z.number(),
            p50: z.number(),
            p99: z.number(),
            cv2: z.number().check(z.describe('Squared coefficient of variation.')),
          }),
        ),
        openRequests: z.nullable(z.object({ p99: z.number(), max: z.number() })),
      }),
    ),
    settings: z.object({
      byLoadBalancer: z.array(
        z.object({
          loadBalancer: text,
          kubernetes,
          nodes: texts,
          idleTimeoutSeconds: settingValue,
          connectTimeoutSeconds: settingValue,
          clientTimeoutsSeconds: z.array(settingValue),
        }),
      ),
      byTargetGroup: z.array(
        z.object({
          loadBalancer: text,
          targetGroup: text.check(z.describe('ARN.')),
          name: text,
          kubernetes,
          targets: count,
          targetType: z.enum(['instance', 'ip', 'unknown']),
          keepAliveSeconds: z.nullable(z.object({ value: z.number(), source, because: text, servers: texts })),
          concurrencyLimit: z.nullable(settingValue),
          others: z.array(
            z.object({ value: z.union([z.number(), text]), source, because: text, name: text, unit: text }),
          ),
        }),
      ),
    }),
    series: z.nullable(
      z.object({
        stepSeconds: z.number(),
        start: text,
        columns: z.object({
          requests: counts,
          answeredBy: byWhoAnswered(counts),
          status: z
            .record(text, counts)
            .check(z.describe('By status as the client got it and who answered: `load-balancer 502`, `nobody 460`.')),
        }),
      }),
    ),
    failureRows: z.nullable(failureRows),
    witnesses: z.array(
      z.object({
        name: text,
        kind: text,
        rows: count,
        window: z.nullable(timeWindow),
        because: texts,
        events: z.exactOptional(z.array(z.object({ time: text, what: text }))),
      }),
    ),
    missing: z.array(z.object({ what: text, why: text })),
    contradictions: z.array(z.object({ what: text, rows: count, samples: z.array(sampleRow) })),
    errors: z.array(z.object({ where: text, message: text, hint: z.nullable(text) })),
  })
  .check(z.describe('The whole result of a run of why5xx.'))

type Flat<T> = T extends object ? { readonly [K in keyof T]: Flat<T[K]> } : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
// Compiles only while schema and type say the same, optional keys included.
true satisfies Same<Flat<z.infer<typeof diagnosisSchema>>, Flat<Diagnosis>>

/** JSON Schema, draft 2020-12. */
export function diagnosisJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(diagnosisSchema, { target: 'draft-2020-12', io: 'input', reused: 'ref' })
  return { $schema, $id: 'urn:why5xx:diagnosis:1', title: 'why5xx diagnosis, schemaVersion 1', ...rest }
}

/** A diagnosis from a file. Throws an `AppError` that says what is wrong with it. */
export function readDiagnosis(content: string, name = 'the file'): Diagnosis {
  let value: unknown
  try {
    value = JSON.parse(content.replace(/^\uFEFF/, ''))
  } catch (cause) {
    fail('DIAGNOSIS_INVALID', { name, why: 'it is not JSON' }, { cause })
  }
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value))
    fail('DIAGNOSIS_INVALID', { name, why: 'it is JSON, but has no schemaVersion' })
  if (value.schemaVersion !== 1)
    fail('DIAGNOSIS_VERSION', { name, version: shorten(JSON.stringify(value.schemaVersion)) })
  const parsed = z.safeParse(diagnosisSchema, value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') || 'the top level'
    fail('DIAGNOSIS_INVALID', { name, why: `${shorten(where)}: ${shorten(issue?.message ?? 'unexpected')}` })
  }
  const fault = brokenColumns(parsed.data)
  if (fault) fail('DIAGNOSIS_INVALID', { name, why: fault })
  return parsed.data
}

/** What a schema cannot say: columns of one table have one length, and their indexes point at a name. */
function brokenColumns(diagnosis: Diagnosis): string | undefined {
  const { series, failureRows } = diagnosis
  if (series) {
    const steps = series.columns.requests.length
    for (const [name, column] of [
      ...Object.entries(series.columns.answeredBy),
      ...Object.entries(series.columns.status),
    ])
      if (column.length !== steps)
        return `series.columns: ${shorten(name)} has ${column.length} steps, requests ${steps}`
  }
  if (!failureRows) return undefined
  const { names, columns, kept } = failureRows
  for (const [name, column] of Object.entries(columns))
    if (column.length !== kept) return `failureRows.columns.${name} has ${column.length} rows, kept says ${kept}`
  const pointers = [
    ['input', columns.input, names.inputs],
    ['loadBalancer', columns.loadBalancer, names.loadBalancers],
    ['targetGroup', columns.targetGroup, names.targetGroups],
    ['target', columns.target, names.targets],
    ['node', columns.node, names.nodes],
    ['route', columns.route, names.routes],
    ['symptom', columns.symptom, names.symptoms],
    ['finding', columns.finding, names.findings],
  ] as const
  for (const [name, column, strings] of pointers)
    for (const index of column) if (index >= strings.length) return `failureRows.columns.${name} points past its names`
  return undefined
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
