import type { Diagnosis } from '../core/diagnosis.ts'
import { type CheckFinding, checkFiles, linkWays } from '../settings/check.ts'
import { detectKind } from '../settings/detect.ts'
import type { Way } from '../settings/link.ts'
import { splitImage } from '../settings/read/pod-template.ts'
import { readFiles } from '../settings/read/read-files.ts'
import type { FileHost, SourceFile } from '../settings/read/source-file.ts'
import type { SettingId } from '../settings/setting.ts'
import { kubernetesName } from './escape.ts'
import { type FixPlan, type PlannedValue, type PlanOptions, planFix } from './plan.ts'
import type { ChangeId } from './setting-change.ts'
import { unifiedDiff } from './unified-diff.ts'
import { writeAwsCommands, writeTerraform } from './write/attributes.ts'
import {
  editDockerfile,
  editGunicornConf,
  editHaproxy,
  editNginx,
  type LineEdit,
  mendRemark,
} from './write/edit-lines.ts'
import {
  addSidecar,
  applyRollout,
  applyToManifests,
  portIndex,
  redirectIngress,
  type Texts,
} from './write/edit-manifests.ts'
import { configMapTexts, inBlock, type YamlValue } from './write/edit-yaml.ts'
import { fixJson } from './write/fix-json.ts'
import { writeHaproxyCfg } from './write/haproxy-cfg.ts'
import { type ProxyPlace, writeNginxConf } from './write/nginx-conf.ts'
import { writeDeploymentPatch } from './write/patches.ts'
import {
  configMapObject,
  disruptionBudget,
  type ProxyNames,
  proxyDeployment,
  proxyNames,
  proxyPort,
  proxyService,
} from './write/proxy-objects.ts'
import { writeReadme } from './write/readme.ts'
import { reason } from './write/reason.ts'

export interface WrittenFix {
  readonly plan: FixPlan
  /** Paths inside the output folder. */
  readonly files: ReadonlyMap<string, string>
  /** Against the given files, '' when nothing changes. */
  readonly diff: string
  readonly warnings: readonly string[]
  /** What `why5xx check` still says about the written settings. */
  readonly left: readonly CheckFinding[]
}

/** Each round is one edit; a configuration with more broken rules than this is not mended by a program. */
const mostRounds = 60
/** Above this many findings only the ways that the diagnosis is about are mended: each edit reads everything again. */
const mostFindings = 300

/** From a diagnosis and the files in force to the files of a fix. Pure: texts in, texts out. */
export function writeFix(
  diagnosis: Diagnosis,
  given: readonly SourceFile[],
  host: FileHost,
  options: PlanOptions,
): WrittenFix {
  const ways = linkWays(readFiles(given, host), diagnosis).ways
  const primary = primaryWay(ways, diagnosis)
  const versioned = { ...options, nginxVersion: options.nginxVersion ?? imageVersion(primary) }
  const hasProxyAlready = primary?.chain.facts.has('proxy') === true
  const front = hasProxyAlready ? 'none' : options.front
  const plan = planFix(diagnosis, primary, { ...versioned, front })
  const names = namesOf(primary, diagnosis)
  const texts: Texts = new Map(given.map((file) => [file.name, file.text]))
  const warnings = [...plan.warnings]
  if (hasProxyAlready && options.front !== 'none')
    warnings.push(
      `There is a proxy already (${primary?.chain.name}): it was mended instead of putting ${options.front} in front of it.`,
    )
  const byHand = new Map<string, PlannedValue>()
  const behind = ways.filter(
    (way) =>
      way.workload !== null &&
      way.chain.facts.has('load-balancer') &&
      (way.service === primary?.service || way === primary),
  )
  const planOf = (way: Way): FixPlan => planFix(diagnosis, way, { ...versioned, front })
  if (primary) applyPlan(texts, behind, planOf, byHand)
  const edited = mendProxies(texts, given, host, diagnosis, planOf)
  const place = proxyPlace(plan, names, primary)
  const extra = addProxy(texts, behind, plan, names, place, warnings)
  const { left, mended } = mendTheRest(texts, given, host, diagnosis, plan, extra, behind)
  // A proxy that was there already keeps what broke no rule and made no failure: only what was edited is a value.
  const own = [...plan.values].filter(
    ([set, value]) =>
      !(hasProxyAlready && set.startsWith('proxy.') && !edited.has(set)) &&
      !(primary && (isInapplicable(primary, value) || isInForce(primary, value))),
  )
  const whole: FixPlan = { ...plan, warnings, values: new Map([...own, ...mended]) }
  const files = collect(given, texts, plan, names, place, extra, primary)
  const proxyFile = hasProxyAlready ? mendedProxy(given, texts, primary) : null
  if (proxyFile) files.set(proxyFile.config, proxyFile.text)
  const readme = writeReadme({
    plan: whole,
    ways: ways.map((way) => way.chain.name),
    files: [...files.keys(), 'fix.json'].sort(),
    byHand: primary ? [...byHand.values()] : handValues(plan),
    hasManifests: primary?.workload !== null && primary !== null,
    notes: left.map(
      (finding) => `still open: ${finding.title} (${finding.at.file}:${finding.at.line}, ${finding.rule})`,
    ),
  })
  files.set('fix.json', `${JSON.stringify(fixJson(whole, place, proxyFile), null, 2)}\n`)
  files.set('README.md', readme)
  const diff = given.map((file) => unifiedDiff(file.name, file.text, texts.get(file.name) ?? file.text)).join('')
  return { plan: whole, files, diff, warnings, left }
}

/** The proxy that was there already, as it is after the edits: whole, so that it can be tested and run. */
function mendedProxy(
  given: readonly SourceFile[],
  texts: Texts,
  way: Way | null,
): { readonly kind: 'nginx' | 'haproxy'; readonly config: string; readonly text: string } | null {
  const container = way?.workload?.containers.find((each) => each.proxyKind !== null)
  const kind = container?.proxyKind
  if (kind !== 'nginx' && kind !== 'haproxy') return null
  const key = kind === 'nginx' ? 'nginx.conf' : 'haproxy.cfg'
  const folder = commonFolder(given.map((file) => file.name))
  const found = given.flatMap((file) => {
    const text = texts.get(file.name) ?? file.text
    if (text === file.text) return []
    const fileKind = detectKind({ name: file.name, text })
    if (fileKind === kind) return [{ kind, config: `settings/${safeName(file.name.slice(folder.length))}`, text }]
    if (fileKind !== 'yaml') return []
    return configMapTexts(text, container?.mountedConfigMaps ?? [], key).map((whole) => ({
      kind,
      config: key,
      text: whole,
    }))
  })
  return found.length === 1 ? (found[0] ?? null) : null
}

/** The way that the diagnosis is about: its target group's service, else the first with an app. */
function primaryWay(ways: readonly Way[], diagnosis: Diagnosis): Way | null {
  const candidates = ways.filter(
    (way) => way.chain.facts.has('load-balancer') && (way.container !== null || way.workload !== null),
  )
  const worst = [...diagnosis.top.targetGroups].sort((left, right) => right.failures - left.failures)
  for (const { key } of worst) {
    const group = diagnosis.settings.byTargetGroup.find((each) => each.targetGroup === key || each.name === key)
    const name = group?.kubernetes?.name
    const found = name
      ? candidates.find((way) => way.service?.name === name || way.service?.name.startsWith(name))
      : undefined
    if (found) return found
  }
  return (
    candidates[0] ??
    ways.find(
      (way) => way.chain.facts.has('load-balancer') && way.chain.values['app.keepAliveSeconds'] !== undefined,
    ) ??
    null
  )
}

function imageVersion(way: Way | null): string | null {
  const proxy = way?.workload?.containers.find((container) => container.proxyKind === 'nginx')
  return /^(\d+\.\d+(?:\.\d+)?)/.exec(splitImage(proxy?.image ?? '').tag)?.[1] ?? null
}

function namesOf(way: Way | null, diagnosis: Diagnosis): ProxyNames {
  const fromLog = diagnosis.settings.byTargetGroup.find((group) => group.kubernetes !== null)?.kubernetes
  const app = kubernetesName(way?.workload?.name, 'app')
  const namespace = kubernetesName(way?.workload?.namespace ?? fromLog?.namespace, 'default')
  return proxyNames(app, namespace)
}

function applyPlan(
  texts: Texts,
  ways: readonly Way[],
  planOf: (way: Way) => FixPlan,
  byHand: Map<string, PlannedValue>,
): void {
  const seen = new Set<object>()
  for (const way of ways) {
    const key = way.container ?? way.workload
    if (key === null || seen.has(key)) continue
    seen.add(key)
    const plan = planOf(way)
    for (const value of plan.values.values()) {
      if (isOfProxyFile(value.set)) continue
      if (isInForce(way, value) || isInapplicable(way, value)) continue
      if (value.set === 'deployment.maxUnavailable' && way.workload) applyRollout(texts, way.workload, value)
      else if (!applyToManifests(texts, way, value) && !applyToLines(texts, way, value)) byHand.set(value.set, value)
    }
  }
}

/** What stands in nginx.conf or haproxy.cfg; the preStop hook of a proxy stands in its pod. */
function isOfProxyFile(set: ChangeId): boolean {
  return set.startsWith('proxy.') && set !== 'proxy.preStopSeconds'
}

/** A proxy that is there already is mended where it made failures; a new one is written whole. */
function mendProxies(
  texts: Texts,
  given: readonly SourceFile[],
  host: FileHost,
  diagnosis: Diagnosis,
  planOf: (way: Way) => FixPlan,
): ReadonlySet<ChangeId> {
  const edited = new Set<ChangeId>()
  const tried = new Set<string>()
  // Places move with every edit, so everything is read again after each.
  for (let round = 0; round < mostRounds; round++) {
    const files = given.map((file) => ({ name: file.name, text: texts.get(file.name) ?? file.text }))
    const { ways } = linkWays(readFiles(files, editedHost(texts, host)), diagnosis)
    const next = nextForProxy(ways, planOf, tried)
    if (!next) break
    tried.add(next.key)
    if (applyToLines(texts, next.way, next.value)) edited.add(next.value.set)
  }
  return edited
}

function nextForProxy(
  ways: readonly Way[],
  planOf: (way: Way) => FixPlan,
  tried: ReadonlySet<string>,
): { readonly way: Way; readonly value: PlannedValue; readonly key: string } | null {
  for (const way of ways) {
    if (!way.chain.facts.has('load-balancer') || !way.chain.facts.has('proxy')) continue
    const plan = planOf(way)
    const found = new Set(plan.causes.map((cause) => cause.id))
    for (const value of plan.values.values()) {
      const key = `${way.chain.name} ${value.set}`
      const isKnown = way.chain.values[value.set as SettingId] !== undefined
      const isWanted = isOfProxyFile(value.set) && isKnown && found.has(value.cause ?? '') && !isInForce(way, value)
      if (isWanted && !tried.has(key)) return { way, value, key }
    }
  }
  return null
}

/** Written in a file already: nothing is to change. */
function isInForce(way: Way, value: PlannedValue): boolean {
  const current = way.chain.values[value.set as SettingId]
  return current?.source === 'given' && current.value === value.to
}

/** Probes that a container does not have are not missing values, and a drain needs a server that takes one. */
function isInapplicable(way: Way, value: PlannedValue): boolean {
  if (value.set === 'pod.livenessFailures' || value.set === 'pod.livenessTimeoutSeconds')
    return way.container?.livenessAt === null
  return false
}

/** Values that stand in a Dockerfile, in gunicorn.conf.py, or in a proxy's configuration. */
function applyToLines(texts: Texts, way: Way, value: PlannedValue): boolean {
  const current = way.chain.values[value.set as SettingId]
  const file = current?.at?.file
  const text = file ? texts.get(file) : undefined
  if (!current || !file || text === undefined || typeof value.to !== 'number') return false
  const edit: LineEdit = {
    set: value.set as SettingId,
    to: value.to,
    current,
    server: way.chain.server,
    comment: reason(value),
  }
  const kind = detectKind({ name: file, text })
  const isHaproxy = kind === 'haproxy' || way.chain.facts.has('haproxy')
  const changed = value.set.startsWith('proxy.')
    ? isHaproxy
      ? editHaproxy(text, edit)
      : editNginx(text, edit)
    : kind === 'dockerfile'
      ? editDockerfile(text, edit)
      : kind === 'gunicorn'
        ? editGunicornConf(text, edit)
        : null
  if (changed === null || changed === text) return false
  texts.set(file, changed)
  return true
}

function proxyPlace(plan: FixPlan, names: ProxyNames, way: Way | null): ProxyPlace | null {
  if (plan.front === 'none') return null
  if (plan.as === 'sidecar') return { listenPort: proxyPort, appHost: '127.0.0.1', appPort: plan.appPort }
  const service = kubernetesName(way?.service?.name, names.app)
  const port = way?.service?.ports[portIndex(way)]?.port ?? 80
  return { listenPort: proxyPort, appHost: `${service}.${names.namespace}.svc.cluster.local`, appPort: port }
}

/** The proxy's own objects; the given files get the sidecar or the new backend. */
function addProxy(
  texts: Texts,
  ways: readonly Way[],
  plan: FixPlan,
  names: ProxyNames,
  place: ProxyPlace | null,
  warnings: string[],
): readonly YamlValue[] {
  const [first] = ways
  const objects: YamlValue[] = []
  if (place) {
    const key = plan.front === 'haproxy' ? 'haproxy.cfg' : 'nginx.conf'
    objects.push(
      configMapObject(
        names,
        key,
        plan.front === 'haproxy' ? writeHaproxyCfg(plan, place) : writeNginxConf(plan, place),
      ),
    )
    const workloads = new Set<object>()
    for (const way of ways) {
      if (plan.as !== 'sidecar' || !way.workload || workloads.has(way.workload)) continue
      workloads.add(way.workload)
      addSidecar(texts, way, plan, names)
    }
    if (plan.as === 'deployment') {
      const port = first?.service?.ports[first ? portIndex(first) : 0]
      objects.push(
        proxyDeployment(plan, names),
        proxyService(names, first?.service?.type ?? 'NodePort', port?.port ?? 80, port?.name ?? null),
        disruptionBudget(names, names.proxy, { app: names.proxy }),
      )
      if (first && !redirectIngress(texts, first, names))
        warnings.push(`Point the Ingress or TargetGroupBinding to Service ${names.proxy}: no given file does.`)
    }
  }
  const labels = first?.workload ? Object.fromEntries(first.workload.labels) : null
  if (labels && Object.keys(labels).length > 0) objects.push(disruptionBudget(names, names.app, labels))
  return objects
}

/** What `check` still finds on the edited files is mended one by one: a proxy's timers, recycling, the arbiter. */
function mendTheRest(
  texts: Texts,
  given: readonly SourceFile[],
  host: FileHost,
  diagnosis: Diagnosis,
  plan: FixPlan,
  extra: readonly YamlValue[],
  behind: readonly Way[],
): { readonly left: readonly CheckFinding[]; readonly mended: ReadonlyMap<ChangeId, PlannedValue> } {
  const edited = editedHost(texts, host)
  const tried = new Set<string>()
  const mended = new Map<ChangeId, PlannedValue>()
  for (let round = 0; ; round++) {
    const files = [
      ...given.map((file) => ({ name: file.name, text: texts.get(file.name) ?? file.text })),
      ...(extra.length > 0 ? [{ name: 'manifests/proxy.yaml', text: documents(extra) }] : []),
    ]
    const { findings } = checkFiles(files, edited, { diagnosis })
    const { ways } = linkWays(readFiles(files, edited), diagnosis)
    const names = new Set(behind.map((way) => way.chain.name))
    const isAsked = (finding: CheckFinding): boolean =>
      findings.length <= mostFindings || finding.ways.some((way) => names.has(way))
    const next = findings.find((finding) => !tried.has(keyOf(finding)) && isAsked(finding))
    if (!next || round >= mostRounds) return { left: findings, mended }
    // Places move with every edit, so everything is read again after each; an edit that did not help is not repeated.
    if (!mend(texts, next, ways, plan, mended)) tried.add(keyOf(next))
    else tried.add(`${keyOf(next)} ${texts.get(next.at.file)?.split('\n')[next.at.line - 1]}`)
  }
}

function mend(
  texts: Texts,
  finding: CheckFinding,
  ways: readonly Way[],
  plan: FixPlan,
  mended: Map<ChangeId, PlannedValue>,
): boolean {
  const text = texts.get(finding.at.file)
  const remarked = text === undefined ? null : mendRemark(text, finding)
  if (remarked !== null) {
    texts.set(finding.at.file, remarked)
    return true
  }
  const value = valueFor(finding, plan)
  if (!value) return false
  const before = new Map(texts)
  for (const way of ways.filter((each) => finding.ways.includes(each.chain.name))) {
    if (!applyToLines(texts, way, value) && !applyToManifests(texts, way, value)) continue
    const isChanged = [...texts].some(([name, now]) => before.get(name) !== now)
    if (isChanged) mended.set(value.set, value)
    return isChanged
  }
  return false
}

function keyOf(finding: CheckFinding): string {
  return `${finding.rule} ${finding.at.file}:${finding.at.line}`
}

/** Includes are read as edited, not as they are on disk. */
function editedHost(texts: Texts, host: FileHost): FileHost {
  return { read: (path) => texts.get(path) ?? host.read(path), glob: host.glob }
}

function valueFor(finding: CheckFinding, plan: FixPlan): PlannedValue | null {
  const jitter: PlannedValue = {
    set: 'app.maxRequestsJitter',
    to: 100,
    from: null,
    inequality: null,
    cause: 'worker-recycling',
    basis: 'default',
    because: 'workers must not end together',
  }
  if (finding.rule === 'recycling-without-jitter') return jitter
  if (!finding.change) return null
  const { set, to } = finding.change
  const planned = plan.values.get(set)
  const number = /Rule (\d+):/.exec(finding.message)?.[1]
  return {
    set,
    to:
      set.startsWith('proxy.') && planned && typeof planned.to === 'number' && Number(planned.to) < to
        ? planned.to
        : to,
    from: null,
    inequality: number ? Number(number) : null,
    cause: finding.prevents[0] ?? null,
    basis: planned?.basis ?? 'default',
    because: finding.title,
  }
}

function documents(objects: readonly YamlValue[]): string {
  return objects.map((object) => inBlock(object, 0)).join('---\n')
}

function collect(
  given: readonly SourceFile[],
  texts: Texts,
  plan: FixPlan,
  names: ProxyNames,
  place: ProxyPlace | null,
  extra: readonly YamlValue[],
  primary: Way | null,
): Map<string, string> {
  const files = new Map<string, string>()
  if (place && plan.front === 'nginx') files.set('nginx.conf', writeNginxConf(plan, place))
  if (place && plan.front === 'haproxy') files.set('haproxy.cfg', writeHaproxyCfg(plan, place))
  const folder = commonFolder(given.map((file) => file.name))
  for (const file of given) {
    const text = texts.get(file.name) ?? file.text
    const name = safeName(file.name.slice(folder.length))
    const kind = detectKind(file)
    if (kind === 'yaml') files.set(`manifests/${name}`, text)
    else if (text !== file.text) files.set(`settings/${name}`, text)
  }
  if (!primary?.workload) files.set('manifests/deployment-patch.yaml', writeDeploymentPatch(plan, names))
  if (extra.length > 0)
    files.set(
      'manifests/proxy.yaml',
      `# Written by why5xx fix. fix.json and README.md beside this folder say why.\n${documents(extra)}`,
    )
  const commands = writeAwsCommands(plan)
  if (commands) files.set('load-balancer.sh', commands)
  const terraform = writeTerraform(plan)
  if (terraform) files.set('load-balancer.tf', terraform)
  return files
}

/** Everything of the plan, when no file was given to take it. */
function handValues(plan: FixPlan): PlannedValue[] {
  return [...plan.values.values()].filter((value) => value.set.startsWith('app.'))
}

function commonFolder(names: readonly string[]): string {
  const [first] = names
  if (first === undefined) return ''
  let folder = first.slice(0, first.lastIndexOf('/') + 1)
  while (folder !== '' && !names.every((name) => name.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)
  return folder
}

/** Never outside of the output folder. */
function safeName(name: string): string {
  const parts = name
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..' && !/^[A-Za-z]:$/.test(part))
  return parts.join('/') || 'file.yaml'
}
