import type { Diagnosis } from '../core/diagnosis.ts'
import type { Chain, Place } from './chain.ts'
import { costOf, type KnownLoad, say } from './cost.ts'
import { describeInequality } from './describe-term.ts'
import { detectKind, type FileKind } from './detect.ts'
import { evaluate, type Violation } from './evaluate.ts'
import { type Ignore, ignoredBy, ignoresOf } from './ignore.ts'
import type { Term } from './inequalities.ts'
import { link, targetTypeOf, type Way } from './link.ts'
import { loadOf, measuredValues } from './measured.ts'
import { type ReadFiles, readFiles } from './read/read-files.ts'
import type { FileHost, SourceFile } from './read/source-file.ts'
import { type SettingId, settingSpec } from './setting.ts'
import { structureRule } from './structure-rules.ts'
import { type Suggestion, suggest } from './suggest.ts'

export type Severity = 'error' | 'warning' | 'note'

/** One broken rule at one place. */
export interface CheckFinding {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly at: Place
  /** What was found, with the numbers. */
  readonly message: string
  /** What it causes, with numbers where they exist. */
  readonly causes: string
  readonly reason: string
  /** What to change; null when `write` says it in words. */
  readonly change: (Suggestion & { readonly server: string | null }) | null
  readonly write: string | null
  /** Ids of the catalogue. */
  readonly prevents: readonly string[]
  readonly source: readonly string[]
  /** Ways from a load balancer to an app on which it was met. */
  readonly ways: readonly string[]
  /** With a diagnosis: what of it the log shows. */
  readonly inTheLog: { readonly cause: string; readonly failures: number; readonly confidence: string | null } | null
}

export interface CheckResult {
  readonly files: readonly { readonly name: string; readonly kind: FileKind; readonly understood: boolean }[]
  readonly findings: readonly CheckFinding[]
  readonly ignored: readonly (CheckFinding & { readonly because: string })[]
  /** What was not checked, and why. */
  readonly notes: readonly string[]
  /** Ways that were checked. */
  readonly ways: readonly string[]
  /** Whether a diagnosis was given: only then `inTheLog: null` means "not in this log". */
  readonly hasDiagnosis: boolean
}

export interface CheckOptions {
  readonly diagnosis?: Diagnosis
}

/** Files of an operator against every rule. Pure: texts in, findings out. */
export function checkFiles(files: readonly SourceFile[], host: FileHost, options: CheckOptions = {}): CheckResult {
  const read = readFiles(files, host)
  const linked = linkWays(read, options.diagnosis)
  const load = options.diagnosis ? loadOf(options.diagnosis) : undefined
  const found: CheckFinding[] = read.remarks.map((remark) => fromStructure(remark.rule, remark.at, remark.message, []))
  for (const way of linked.ways) {
    found.push(...structureFindings(way, read))
    for (const violation of evaluate(way.chain).violations) {
      const finding = fromViolation(violation, way.chain, load)
      if (finding) found.push(finding)
    }
  }
  for (const { service, workloads } of linked.shared)
    found.push(
      fromStructure(
        'two-workloads-behind-one-service',
        service.at,
        `Service ${service.name} selects ${workloads.map((each) => `${each.kind} ${each.name}`).join(' and ')}`,
        [],
      ),
    )
  const merged = merge(found).map((finding) => withLog(finding, options.diagnosis))
  const texts = new Map(files.map((file) => [file.name, file.text]))
  const ignores = new Map(files.map((file) => [file.name, ignoresOf(file.text)]))
  const { kept, ignored } = applyIgnores(merged, texts, ignores)
  return {
    files: files.map((file) => ({
      name: file.name,
      kind: detectKind(file),
      understood: read.understood.has(file.name),
    })),
    findings: [...kept, ...withoutReason(ignores)].sort(byPlace),
    ignored,
    notes: [...new Set([...read.notes, ...linked.notes])],
    ways: [...new Set(linked.ways.map((way) => way.chain.name))],
    hasDiagnosis: options.diagnosis !== undefined,
  }
}

/** The ways through the given files; `why5xx fix` starts from the same. */
export function linkWays(read: ReadFiles, diagnosis?: Diagnosis): ReturnType<typeof link> {
  return link({
    world: read.world,
    aws: read.aws,
    proxies: read.proxies,
    apps: read.apps,
    hasDiagnosis: diagnosis !== undefined,
    measured: diagnosis ? measuredValues(diagnosis) : {},
  })
}

function fromViolation(violation: Violation, chain: Chain, load: KnownLoad | undefined): CheckFinding | null {
  const { rule } = violation
  const at = placeOf(violation, chain)
  if (!at) return null
  const cost = costOf(violation, chain, load)
  const change = suggest(violation, chain)
  return {
    rule: rule.id,
    severity: violation.severity,
    title: rule.title,
    at,
    message: `${sentence(violation)} Rule ${rule.number}: ${describeInequality(rule)}.`,
    causes: cost ? `${cost}. ${rule.consequence}` : rule.consequence,
    reason: rule.reason,
    change: { ...change, server: chain.server },
    write: null,
    prevents: rule.prevents,
    source: rule.source,
    ways: [chain.name],
    inTheLog: null,
  }
}

/** `the app's keep-alive is 5 s (not set: uvicorn takes 5); Needed: more than 65, found: 5.` */
function sentence(violation: Violation): string {
  const parts = violation.parts.map(({ setting, value }) => {
    const spec = settingSpec(setting)
    const unit = spec.unit === 's' ? ' s' : ''
    return `${spec.name} is ${say(value.value)}${Number.isFinite(value.value) ? unit : ''} (${value.because})`
  })
  const { rule, left, right, needed } = violation
  const [first] = rule.change
  // Said of the side that one would change.
  if (first !== undefined && isIn(rule.left, first)) {
    const comparison = rule.relation === '<' ? 'less than' : 'at most'
    return `${upperFirst(parts.join(', '))}. Needed: ${comparison} ${say(right - rule.margin)}, found: ${say(left)}.`
  }
  const comparison = rule.relation === '<' ? 'more than' : 'at least'
  return `${upperFirst(parts.join(', '))}. Needed: ${comparison} ${say(needed)}, found: ${say(right)}.`
}

function isIn(term: Term, id: SettingId): boolean {
  if (typeof term === 'number') return false
  if (typeof term === 'string') return term === id
  const terms = 'sum' in term ? term.sum : 'product' in term ? term.product : term.min
  return terms.some((each) => isIn(each, id))
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** Where one would edit: the setting to change, else anything that took part, else the container. */
function placeOf(violation: Violation, chain: Chain): Place | null {
  const { parts, rule } = violation
  for (const id of rule.change) {
    const at = parts.find((part) => part.setting === id)?.value.at
    if (at) return at
  }
  return chain.anchor ?? parts.find((part) => part.value.at)?.value.at ?? null
}

function fromStructure(rule: string, at: Place, message: string, ways: readonly string[]): CheckFinding {
  const spec = structureRule(rule)
  return {
    rule,
    severity: spec.severity,
    title: spec.title,
    at,
    message: /[.!?]$/.test(message) ? message : `${message}.`,
    causes: spec.consequence,
    reason: spec.title,
    change: null,
    write: spec.write,
    prevents: spec.prevents,
    source: [spec.source],
    ways,
    inTheLog: null,
  }
}

function structureFindings(way: Way, read: ReadFiles): CheckFinding[] {
  const found: CheckFinding[] = []
  const { chain, ingress, service, workload, container } = way
  const add = (rule: string, at: Place, message: string): void => {
    found.push(fromStructure(rule, at, message, [chain.name]))
  }
  const recycles = chain.values['app.maxRequests']
  if (recycles?.at && recycles.value > 0 && !chain.values['app.maxRequestsJitter']?.value)
    add('recycling-without-jitter', recycles.at, `${recycles.because} without jitter`)
  if (!chain.facts.has('load-balancer')) return found
  if (ingress && service && ingress.controller === 'alb') {
    if (targetTypeOf(ingress, service) === 'instance' && service.type === 'ClusterIP' && !service.isHeadless)
      add(
        'node-port-missing',
        service.typeAt,
        `Service ${service.name} is ${service.type}, Ingress ${ingress.name} uses instance targets`,
      )
    disagreements(way, read, add)
  }
  if (service?.isLocal && chain.facts.has('instance-target'))
    add(
      'local-traffic-policy',
      service.isLocal,
      `Service ${service.name}: externalTrafficPolicy: Local with instance targets`,
    )
  if (!workload || !container) return found
  if (!container.hasReadiness)
    add('no-readiness-probe', container.at, `Container ${container.name} has no readinessProbe`)
  // A liveness probe that lets a minute pass is patient enough to ask the same question.
  const patience =
    (container.probes['pod.livenessFailures']?.value ?? 3) *
    (container.probes['pod.livenessPeriodSeconds']?.value ?? 10)
  const isShared = container.livenessPath !== null && container.livenessPath === container.readinessPath
  if (container.livenessAt && isShared && patience < 60)
    add(
      'liveness-shares-readiness-path',
      container.livenessAt,
      `Container ${container.name}: both probes ask ${container.livenessPath}`,
    )
  if (workload.replicas?.value === 1 && workload.replicas.at)
    add('single-replica', workload.replicas.at, `${workload.kind} ${workload.name} has one replica`)
  if (workload.emptiesService)
    add(
      workload.hasVolumeClaim ? 'recreate-for-a-volume' : 'rollout-empties-service',
      workload.strategyAt ?? workload.at,
      workload.emptiesService,
    )
  return found
}

/** Annotation against what `aws elbv2 describe-*` says. */
function disagreements(way: Way, read: ReadFiles, add: (rule: string, at: Place, message: string) => void): void {
  const wanted = { ...way.ingress?.annotations.values, ...way.service?.annotations.values }
  for (const aws of read.aws)
    for (const [id, value] of Object.entries(aws.values)) {
      const written = wanted[id as keyof typeof wanted]
      if (written?.at && written.value !== value.value)
        add(
          'settings-disagree',
          written.at,
          `${written.because} is written, ${value.because} is in force (${aws.at.file})`,
        )
    }
}

function merge(findings: readonly CheckFinding[]): CheckFinding[] {
  const byKey = new Map<string, CheckFinding>()
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.at.file} ${finding.at.line} ${finding.change ? `${finding.change.set}` : finding.message}`
    const known = byKey.get(key)
    if (!known) byKey.set(key, finding)
    else byKey.set(key, { ...known, ways: [...new Set([...known.ways, ...finding.ways])] })
  }
  return [...byKey.values()]
}

function withLog(finding: CheckFinding, diagnosis: Diagnosis | undefined): CheckFinding {
  if (!diagnosis) return finding
  const [first] = diagnosis.findings
    .filter((each) => each.cause !== null && finding.prevents.includes(each.cause))
    .sort((left, right) => right.failures - left.failures)
  if (!first || first.cause === null) return finding
  return { ...finding, inTheLog: { cause: first.cause, failures: first.failures, confidence: first.confidence } }
}

function applyIgnores(
  findings: readonly CheckFinding[],
  texts: ReadonlyMap<string, string>,
  ignores: ReadonlyMap<string, readonly Ignore[]>,
): { readonly kept: CheckFinding[]; readonly ignored: (CheckFinding & { because: string })[] } {
  const kept: CheckFinding[] = []
  const ignored: (CheckFinding & { because: string })[] = []
  for (const finding of findings) {
    const { file, line } = finding.at
    const cover = ignoredBy(ignores.get(file) ?? [], texts.get(file) ?? '', finding.rule, line)
    if (cover) ignored.push({ ...finding, because: cover.reason })
    else kept.push(finding)
  }
  return { kept, ignored }
}

function withoutReason(ignores: ReadonlyMap<string, readonly Ignore[]>): CheckFinding[] {
  return [...ignores].flatMap(([file, list]) =>
    list
      .filter((each) => each.reason === '')
      .map((each) =>
        fromStructure(
          'ignore-without-reason',
          { file, line: each.line, column: 1 },
          `why5xx-ignore ${each.rule} has no reason`,
          [],
        ),
      ),
  )
}

const order: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 }

/** Worst first within a file, files in their order of names. */
function byPlace(left: CheckFinding, right: CheckFinding): number {
  return (
    left.at.file.localeCompare(right.at.file) ||
    order[left.severity] - order[right.severity] ||
    left.at.line - right.at.line ||
    left.rule.localeCompare(right.rule)
  )
}
