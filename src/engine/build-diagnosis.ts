import { rejectedCause } from '../causes/detect/row-decided.ts'
import { causeById } from '../causes/index.ts'
import { symptomPages } from '../causes/symptom-pages.ts'
import type {
  Books,
  Contradiction,
  Diagnosis,
  Finding,
  InputReport,
  LoadBalancerSettings,
  Missing,
  SampleRow,
  Scope,
  SettingValue,
  TargetGroupSettings,
} from '../core/diagnosis.ts'
import { traceIdOf } from '../core/failure-columns.ts'
import { formatCount } from '../core/format-count.ts'
import { loadBalancerName, readKubernetesName, targetGroupName } from '../core/kubernetes-names.ts'
import type { Flow } from '../core/request-batch.ts'
import { formatMicroseconds } from '../core/timestamp.ts'
import { type AnsweredBy, answeredByValues, type Symptom, symptoms } from '../core/vocabulary.ts'
import { findSpikes } from '../evidence/spikes.ts'
import { fixesForCause } from '../fixes/fixes-for-cause.ts'
import { serversWithKeepAlive } from '../settings/servers.ts'
import { inferConnectTimeout } from './connect-timeout.ts'
import { drawEvidence } from './draw-evidence.ts'
import { failureRowsOf } from './failure-rows.ts'
import { findGaps } from './gaps.ts'
import type { Gathered } from './gathered.ts'
import { hearWitnesses } from './hear-witnesses.ts'
import { inferIdleTimeout } from './idle-timeout.ts'
import { flowOf, type Incident } from './incident.ts'
import { inferOthers } from './infer-others.ts'
import { isNodePortGroup, type JudgedClaim, judge } from './judge.ts'
import { loadRows, requestsIn, seriesOf, topRows } from './traffic-totals.ts'
import type { UnitBooks } from './unit-scan.ts'
import type { Verdict } from './verdicts.ts'

export interface BuildInput extends Gathered {
  readonly version: string
  readonly now: Date
}

export interface Built {
  readonly diagnosis: Diagnosis
  readonly verdicts: () => Iterable<Verdict>
}

const MOST_SAMPLES = 5
const CANDIDATES = 4

/** Evidence in, diagnosis out. */
export function buildDiagnosis(input: BuildInput): Built {
  const { incident } = input
  const { failures, tally, registry } = incident
  const places = new Places(input)
  const loadBalancers = settingsByLoadBalancer(input)
  const idleTimeouts = new Map(loadBalancers.map((each) => [each.loadBalancer, each.idleTimeoutSeconds]))
  const judgement = hearWitnesses(judge(incident, idleTimeouts), input.joined)

  const drafts = judgement.claims.map((claim, index) => ({
    claim: index,
    finding: findingOf(incident, claim, places, idleTimeouts.get(claim.loadBalancer)),
  }))
  drafts.sort(
    ({ finding: a }, { finding: b }) =>
      Number(a.cause !== null) - Number(b.cause !== null) || b.failures - a.failures || (a.title < b.title ? -1 : 1),
  )
  const numbered = new Map<string, number>()
  const withId = (finding: Finding): Finding => {
    const stem = finding.cause ?? finding.symptom
    const n = (numbered.get(stem) ?? 0) + 1
    numbered.set(stem, n)
    return { ...finding, id: `${stem}-${n}` }
  }
  const findings = drafts.map(({ finding }) => withId(finding))
  const findingOfClaim = new Map(drafts.map(({ claim }, place) => [claim, place]))
  const findingOfFailure = (failure: number): number => findingOfClaim.get(judgement.claimOf[failure] as number) ?? -1
  for (const rejected of rejectedFindings(incident, places)) findings.push(withId(rejected))

  const books = booksOf(input, findings)
  const hasRequests = books.requests > 0
  const diagnosis: Diagnosis = {
    schemaVersion: 1,
    tool: { name: 'why5xx', version: input.version, generatedAt: input.now.toISOString() },
    complete: input.isComplete,
    inputs: places.reports,
    books,
    window: hasRequests ? { start: formatMicroseconds(tally.minEnd), end: formatMicroseconds(tally.maxEnd) } : null,
    answeredBy: countAnsweredBy(incident),
    symptoms: countSymptoms(incident),
    findings,
    top: topRows(incident),
    load: loadRows(incident, judgement.openRequests),
    settings: {
      byLoadBalancer: loadBalancers,
      byTargetGroup: settingsByTargetGroup(input, judgement.claims),
    },
    series: seriesOf(incident),
    failureRows: failureRowsOf(incident, judgement.byTime, input.failureRows, places, findings, findingOfFailure),
    witnesses: judgement.witnesses,
    missing: [...judgement.missing, ...findGaps(incident, input.inputs), ...missingOf(input, books)],
    contradictions: contradictionsOf(incident, places),
    errors: [
      ...input.unreadable.map(({ name, why }) => ({ where: name, message: why, hint: 'It was left out.' })),
      ...[...input.failed].map(([unit, message]) => ({
        where: places.name(unit),
        message,
        hint: 'It was left out, or read only in part.',
      })),
      ...input.unheard.map(({ name, why }) => ({
        where: name,
        message: why,
        hint: 'It was left out. --with KIND=FILE insists on what it is.',
      })),
      ...judgement.errors.map(({ where, message }) => ({ where, message, hint: 'A bug in why5xx: please report it.' })),
    ],
  }

  function* verdicts(): Iterable<Verdict> {
    for (const i of judgement.byTime) {
      const flow = registry.flows[failures.flow[i] as number] as Flow
      const finding = findings[findingOfFailure(i)]
      const elapsedMs = failures.elapsedMs[i] as number
      yield {
        input: places.name(failures.unit[i] as number),
        row: places.row(failures.unit[i] as number, failures.row[i] as number),
        traceId: traceIdOf(failures, i) ?? null,
        time: formatMicroseconds(failures.end[i] as number),
        loadBalancer: flow.loadBalancer,
        node: flow.node || null,
        target: flow.target || null,
        elbStatus: failures.elbStatus[i] as number,
        targetStatus: failures.targetStatus[i] || null,
        elapsedMs: Number.isNaN(elapsedMs) ? null : Math.round(elapsedMs * 1000) / 1000,
        answeredBy: answeredByValues[failures.answeredBy[i] as number] as AnsweredBy,
        symptom: symptoms[failures.symptom[i] as number] as Symptom,
        cause: finding?.cause ?? null,
        confidence: finding?.confidence ?? null,
        candidates: (finding?.candidates ?? []).slice(0, CANDIDATES).map((candidate) => candidate.cause),
      }
    }
  }
  return { diagnosis, verdicts }
}

/** Units back to inputs and line numbers. */
export class Places {
  readonly reports: InputReport[]
  readonly #input = new Map<number, number>()
  readonly #rowBase = new Map<number, number>()
  readonly #names: string[]

  constructor({ inputs, results, failed, overlapping }: BuildInput) {
    const byUnit = new Map(results.map((result) => [result.unit, result]))
    const isAnyRepeated = results.some((result) => result.repeated > 0)
    this.#names = inputs.map((each) => each.name)
    this.reports = inputs.map((planned, index): InputReport => {
      const mine = planned.units.flatMap((unit) => byUnit.get(unit) ?? [])
      let base = 0
      for (const unit of planned.units) {
        this.#input.set(unit, index)
        this.#rowBase.set(unit, base)
        base += byUnit.get(unit)?.lines ?? 0
      }
      const sum = (of: (result: UnitBooks) => number): number => mine.reduce((total, result) => total + of(result), 0)
      const repeated = sum((result) => result.repeated)
      const notes = [
        planned.note,
        repeated > 0
          ? `${formatCount(repeated)} ${repeated === 1 ? 'row also stands' : 'rows also stand'} in another input or twice in this one: counted once`
          : null,
        planned.units.some((unit) => overlapping.has(unit)) && repeated === 0 && isAnyRepeated
          ? 'read row by row: other inputs repeat rows of it'
          : null,
        ...planned.units.flatMap((unit) => failed.get(unit) ?? []),
        mine.some((result) => !result.isComplete) ? 'interrupted' : null,
      ].filter((note) => note !== null)
      return {
        name: planned.name,
        format: mine[0]?.format ?? null,
        bytes: mine.length > 0 ? sum((result) => result.bytes) : planned.bytes,
        rows: sum((result) => result.rows),
        parsed: sum((result) => result.parsed),
        skipped: sum((result) => result.filtered + result.repeated),
        bad: sum((result) => result.bad),
        badSamples: mine.flatMap((result) => result.badSamples).slice(0, 5),
        truncated: mine.find((result) => result.truncated !== null)?.truncated ?? null,
        note: notes.length > 0 ? notes.join('; ') : null,
      }
    })
  }

  inputIndex(unit: number): number {
    return this.#input.get(unit) ?? -1
  }

  name(unit: number): string {
    return this.#names[this.inputIndex(unit)] ?? ''
  }

  row(unit: number, rowInUnit: number): number {
    return (this.#rowBase.get(unit) ?? 0) + rowInUnit
  }
}

function booksOf({ incident, results }: BuildInput, findings: readonly Finding[]): Books {
  const sum = (of: (result: UnitBooks) => number): number => results.reduce((total, result) => total + of(result), 0)
  const by = countAnsweredBy(incident)
  const undetermined = findings
    .filter((finding) => finding.cause === null)
    .reduce((total, finding) => total + finding.failures, 0)
  const failures = incident.failures.length
  return {
    rows: sum((result) => result.rows),
    parsed: sum((result) => result.parsed),
    skipped: sum((result) => result.filtered + result.repeated),
    bad: sum((result) => result.bad),
    requests: sum((result) => result.requests),
    failures,
    elb5xx: by['load-balancer'],
    target5xx: by.target,
    clientLeft: by.nobody,
    rejected: incident.rejected.reduce((total, group) => total + group.count, 0),
    explained: failures - undetermined,
    undetermined,
  }
}

function countAnsweredBy({ failures }: Incident): Record<AnsweredBy, number> {
  const counts: Record<AnsweredBy, number> = { 'load-balancer': 0, target: 0, nobody: 0 }
  for (let i = 0; i < failures.length; i++) counts[answeredByValues[failures.answeredBy[i] as number] as AnsweredBy]++
  return counts
}

function countSymptoms({ failures }: Incident): { symptom: Symptom; failures: number }[] {
  const counts = new Array<number>(symptoms.length).fill(0)
  for (let i = 0; i < failures.length; i++)
    counts[failures.symptom[i] as number] = (counts[failures.symptom[i] as number] ?? 0) + 1
  return symptoms
    .map((symptom, index) => ({ symptom, failures: counts[index] as number }))
    .filter((each) => each.failures > 0)
    .sort((a, b) => b.failures - a.failures)
}

function findingOf(incident: Incident, claim: JudgedClaim, places: Places, idle: SettingValue | undefined): Finding {
  const { failures, registry } = incident
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const seen = { targets: new Set<string>(), nodes: new Set<string>(), routes: new Set<string>() }
  // By id first: a name is looked up once, not for each failure.
  const seenIds = { symptoms: new Map<number, number>(), flows: new Set<number>(), routes: new Set<number>() }
  for (let n = 0; n < claim.failures.length; n++) {
    const i = claim.failures[n] as number
    const end = failures.end[i] as number
    const start = failures.start[i] as number
    if (start < first) first = start
    if (end < first) first = end
    if (end > last) last = end
    const symptom = failures.symptom[i] as number
    seenIds.symptoms.set(symptom, (seenIds.symptoms.get(symptom) ?? 0) + 1)
    seenIds.flows.add(failures.flow[i] as number)
    seenIds.routes.add(failures.route[i] as number)
  }
  for (const id of seenIds.flows) {
    const { target, node } = registry.flows[id] as Flow
    if (target !== '') seen.targets.add(target)
    if (node !== '') seen.nodes.add(node)
  }
  for (const id of seenIds.routes) seen.routes.add(registry.routes[id]?.text ?? '')
  const [symptom = 'unclassified', ...otherSymptoms] = [...seenIds.symptoms]
    .sort((a, b) => b[1] - a[1])
    .map(([id]) => symptoms[id] as Symptom)
  const scope = scopeOf(incident, claim, seen)
  const cause = claim.cause === null ? undefined : causeById.get(claim.cause)
  const page = symptomPages[symptom]
  const candidateIds =
    claim.candidates.length > 0 || claim.cause !== null
      ? claim.candidates
      : page.candidates.map((candidate) => candidate.cause)
  const requests = requestsIn(
    incident,
    (flow) =>
      flow.loadBalancer === claim.loadBalancer &&
      flow.targetGroup === claim.targetGroup &&
      (scope.targets === undefined || scope.targets.includes(flow.target)) &&
      (scope.nodes === undefined || scope.nodes.includes(flow.node)),
    first,
    last,
  )
  return {
    id: '',
    cause: claim.cause,
    title: claim.title ?? cause?.meta.title ?? page.title,
    symptom,
    otherSymptoms,
    hop: claim.hop ?? cause?.meta.hop ?? null,
    confidence: claim.confidence,
    failures: claim.failures.length,
    requests,
    window: { start: formatMicroseconds(first), end: formatMicroseconds(last) },
    scope,
    because: claim.because,
    evidence: [
      ...claim.evidence.filter((each) => each.kind === 'histogram'),
      ...drawEvidence(incident, claim, idle),
      ...claim.evidence.filter((each) => each.kind !== 'histogram'),
    ],
    ruledOut: oncePerCause(claim.ruledOut),
    candidates: candidateIds
      .slice(0, CANDIDATES)
      .map((id) => ({ cause: id, settledBy: causeById.get(id)?.docs.settledBy ?? [] })),
    samples: samplesOf(incident, claim, places),
    fixes:
      claim.cause === null || claim.confidence === 'possible'
        ? []
        : fixesForCause(claim.cause, {
            ...(idle ? { idleTimeoutSeconds: idle.value } : {}),
            ...claim.numbers,
            targets: seen.targets.size,
            failures: claim.failures.length,
            requests,
            targetType: isNodePortGroup(incident, claim.loadBalancer, claim.targetGroup) ? 'instance' : 'ip',
          }),
  }
}

/** A dimension is named when the failures are in few of the many that took traffic. */
function scopeOf(
  incident: Incident,
  claim: JudgedClaim,
  seen: { readonly targets: Set<string>; readonly nodes: Set<string>; readonly routes: Set<string> },
): Scope {
  const all = { targets: new Set<string>(), nodes: new Set<string>() }
  for (const flow of incident.registry.flows) {
    if (flow.loadBalancer !== claim.loadBalancer || flow.targetGroup !== claim.targetGroup) continue
    if (flow.target !== '') all.targets.add(flow.target)
    if (flow.node !== '') all.nodes.add(flow.node)
  }
  const limited = (some: Set<string>, every: Set<string>): string[] | undefined =>
    some.size > 0 && some.size < every.size && some.size <= 20 ? [...some].sort() : undefined
  const targets = limited(seen.targets, all.targets)
  const nodes = limited(seen.nodes, all.nodes)
  const routes = seen.routes.size <= 5 ? [...seen.routes].filter((route) => route !== '').sort() : undefined
  return {
    loadBalancers: [claim.loadBalancer],
    ...(claim.targetGroup === '' ? {} : { targetGroups: [claim.targetGroup] }),
    ...(targets ? { targets } : {}),
    ...(nodes ? { nodes } : {}),
    ...(routes && routes.length > 0 ? { routes } : {}),
  }
}

function samplesOf(incident: Incident, claim: JudgedClaim, places: Places): SampleRow[] {
  const withText = claim.failures.filter((failure) => incident.texts.has(failure))
  const wanted = Math.min(MOST_SAMPLES, withText.length)
  const samples: SampleRow[] = []
  // Spread over the finding, first and last included.
  for (let n = 0; n < wanted; n++) {
    const failure = withText[wanted === 1 ? 0 : Math.round((n * (withText.length - 1)) / (wanted - 1))] as number
    const text = incident.texts.get(failure)
    if (text === undefined) continue
    const unit = incident.failures.unit[failure] as number
    samples.push({
      input: places.name(unit),
      row: places.row(unit, incident.failures.row[failure] as number),
      raw: text.text,
      decidedBy: claim.decidedBy,
    })
  }
  return samples
}

/** 4XX that the load balancer made: findings without failures. */
function rejectedFindings(incident: Incident, places: Places): Finding[] {
  const merged = new Map<string, Finding & { requests: number }>()
  for (const group of incident.rejected) {
    const flow = incident.registry.flows[group.flow] as Flow
    const decided = rejectedCause(group)
    const cause = decided ? causeById.get(decided.cause) : undefined
    const key = `${flow.loadBalancer}|${flow.targetGroup}|${group.elbStatus}|${decided?.because ?? group.symptom}`
    const start = formatMicroseconds(group.firstEnd)
    const end = formatMicroseconds(group.lastEnd)
    const known = merged.get(key)
    const samples = group.samples.map(
      (sample): SampleRow => ({
        input: places.name(sample.unit),
        row: places.row(sample.unit, sample.row),
        raw: sample.text,
        decidedBy: ['elb_status_code', 'target_status_code', ...(decided ? [decided.field] : [])],
      }),
    )
    if (known) {
      merged.set(key, {
        ...known,
        requests: known.requests + group.count,
        window: {
          start: earlier(start, known.window.start),
          end: earlier(known.window.end, end) === end ? known.window.end : end,
        },
        samples: [...known.samples, ...samples].slice(0, MOST_SAMPLES),
      })
      continue
    }
    merged.set(key, {
      id: '',
      cause: decided?.cause ?? null,
      title: cause?.meta.title ?? `The load balancer answered ${group.elbStatus} itself`,
      symptom: group.symptom,
      otherSymptoms: [],
      hop: cause?.meta.hop ?? (decided ? 'load-balancer' : null),
      confidence: decided?.confidence ?? null,
      failures: 0,
      requests: group.count,
      window: { start, end },
      scope: {
        loadBalancers: [flow.loadBalancer],
        ...(flow.targetGroup === '' ? {} : { targetGroups: [flow.targetGroup] }),
      },
      because: [decided?.because ?? `elb_status_code ${group.elbStatus} with target_status_code -`],
      evidence: [],
      ruledOut: [],
      candidates: decided ? [] : rejectedCandidates(group.elbStatus),
      samples,
      fixes: decided ? fixesForCause(decided.cause) : [],
    })
  }
  return [...merged.values()].sort((a, b) => b.requests - a.requests)
}

function earlier(a: string, b: string): string {
  return a <= b ? a : b
}

function rejectedCandidates(elbStatus: number): Finding['candidates'] {
  const ids =
    elbStatus === 400
      ? ['client-incomplete-request', 'request-too-large-for-alb', 'desync-blocked']
      : elbStatus === 401
        ? ['auth-action-failed']
        : []
  return ids
    .filter((id) => causeById.has(id))
    .map((id) => ({ cause: id, settledBy: causeById.get(id)?.docs.settledBy ?? [] }))
}

/** The log and a witness may rule out the same cause: one entry with both reasons. */
function oncePerCause(ruledOut: Finding['ruledOut']): Finding['ruledOut'] {
  const reasons = new Map<string, Set<string>>()
  for (const { cause, why } of ruledOut) reasons.set(cause, (reasons.get(cause) ?? new Set()).add(why))
  return [...reasons].map(([cause, whys]) => ({ cause, why: [...whys].join('; ') }))
}

function settingsByLoadBalancer({ incident, idleTimeoutSeconds }: BuildInput): LoadBalancerSettings[] {
  const nodes = new Map<string, Set<string>>()
  for (const flow of incident.registry.flows) {
    const set = nodes.get(flow.loadBalancer) ?? new Set<string>()
    if (flow.node !== '') set.add(flow.node)
    nodes.set(flow.loadBalancer, set)
  }
  return [...nodes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([loadBalancer, set]) => ({
      loadBalancer,
      kubernetes: readKubernetesName(loadBalancerName(loadBalancer)),
      nodes: [...set].sort(),
      idleTimeoutSeconds: inferIdleTimeout(incident, loadBalancer, idleTimeoutSeconds),
      connectTimeoutSeconds: inferConnectTimeout(incident, loadBalancer),
      clientTimeoutsSeconds: clientTimeouts(incident, loadBalancer),
    }))
}

const CLIENT_LEFT = symptoms.indexOf('client-left')

/** Piles in the waits of clients that left: their own timeouts. */
function clientTimeouts(incident: Incident, loadBalancer: string): SettingValue[] {
  const waits: number[] = []
  for (let i = 0; i < incident.failures.length; i++)
    if (incident.failures.symptom[i] === CLIENT_LEFT && flowOf(incident, i).loadBalancer === loadBalancer)
      waits.push(incident.failures.elapsedMs[i] as number)
  return findSpikes(waits, { widthMs: 250 }).map((spike) => ({
    value: Math.round(spike.seconds * 10) / 10,
    source: 'inferred',
    because: `${formatCount(spike.count)} of ${formatCount(waits.length)} clients that left did so ${(spike.fromMs / 1000).toFixed(2)} to ${(spike.toMs / 1000).toFixed(2)} s after they asked`,
  }))
}

/** Servers whose default keep-alive it is: uvicorn 5 s, Node 5 s (closes after 6) ... */
function serversThatFit(seconds: number): ReturnType<typeof serversWithKeepAlive> {
  return serversWithKeepAlive(seconds, 0.35)
}

function settingsByTargetGroup(
  { incident, joined }: BuildInput,
  claims: readonly JudgedClaim[],
): TargetGroupSettings[] {
  const groups = new Map<string, { loadBalancer: string; targetGroup: string; targets: Set<string> }>()
  for (const flow of incident.registry.flows) {
    if (flow.targetGroup === '') continue
    const key = `${flow.loadBalancer}|${flow.targetGroup}`
    const group = groups.get(key) ?? { ...flow, targets: new Set<string>() }
    if (flow.target !== '') group.targets.add(flow.target)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ loadBalancer, targetGroup, targets }) => {
    const name = targetGroupName(targetGroup)
    const mine = claims.filter((claim) => claim.loadBalancer === loadBalancer && claim.targetGroup === targetGroup)
    const keepAlive = mine.find((claim) => claim.numbers.keepAliveSeconds !== undefined)
    const limit = mine.find((claim) => claim.numbers.concurrencyLimit !== undefined)
    const isNodePort = isNodePortGroup(incident, loadBalancer, targetGroup)
    return {
      loadBalancer,
      targetGroup,
      name,
      kubernetes: readKubernetesName(name),
      targets: targets.size,
      targetType: targets.size === 0 ? 'unknown' : isNodePort ? 'instance' : 'ip',
      keepAliveSeconds: keepAlive
        ? {
            value: keepAlive.numbers.keepAliveSeconds as number,
            source: 'inferred',
            because: keepAlive.because[0] ?? '',
            servers: serversThatFit(keepAlive.numbers.keepAliveSeconds as number).map((server) => server.title),
          }
        : null,
      concurrencyLimit: limit
        ? { value: limit.numbers.concurrencyLimit as number, source: 'inferred', because: limit.because[0] ?? '' }
        : null,
      others: inferOthers(incident, { loadBalancer, targetGroup, name, isNodePort }, joined),
    }
  })
}

function missingOf(input: BuildInput, books: Books): Missing[] {
  const { incident, results, filter } = input
  const { tally } = incident
  const missing: Missing[] = []
  const formats = new Set(results.map((result) => result.format))
  if (tally.grpcRows > 0)
    missing.push({
      what: `gRPC failures inside ${formatCount(tally.grpcRows)} grpcs rows`,
      why: 'gRPC reports failures in trailers behind status 200, which no access log row shows: look at the grpc-status metrics of the service',
    })
  if (tally.websocketRows > 0)
    missing.push({
      what: `timing of ${formatCount(tally.websocketRows)} WebSocket rows`,
      why: 'they are written when the connection closes, so they are left out of elapsed, target-time and open-request evidence',
    })
  if (tally.rowsWithoutStart > 0 && tally.rowsWithoutStart > tally.classicRows)
    missing.push({
      what: `request_creation_time in ${formatCount(tally.rowsWithoutStart)} rows`,
      why: 'rows older than 2018 have none: how long a failed request took is unknown there, and connect failures stay one class',
    })
  if (
    books.requests === 0 &&
    formats.size > 0 &&
    ![...formats].some((format) => /^(alb|classic)(-(json|csv|tsv))?$/.test(format))
  )
    missing.push({
      what: 'requests',
      why: `only ${[...formats].join(', ')} rows were read; they hold no HTTP status. Switch on the access logs: why5xx logs --load-balancer NAME`,
    })
  if (filter.where.length > 0 || filter.sinceMs !== null || filter.untilMs !== null)
    missing.push({
      what: `${formatCount(books.skipped)} rows outside the filter`,
      why: 'every number here is about the rows that pass --where, --since and --until',
    })
  const isTargetHeard = input.joined?.testimonies.some((each) => each.role !== 'none') ?? false
  if (books.failures > 0 && !isTargetHeard)
    missing.push({
      what: "the target's own log",
      why: 'the load balancer logs requests, not connections: only the app, the proxy in front of it or the kernel can tell whether a failed request arrived',
    })
  return missing
}

function contradictionsOf(incident: Incident, places: Places): Contradiction[] {
  return [...incident.contradictions]
    .map(([what, { rows, samples }]) => ({
      what,
      rows,
      samples: samples.slice(0, 2).map((sample) => ({
        input: places.name(sample.unit),
        row: places.row(sample.unit, sample.row),
        raw: sample.text,
        decidedBy: [],
      })),
    }))
    .sort((a, b) => b.rows - a.rows)
}
