import { detectKind } from '../detect.ts'
import type { AppSettings } from './app-settings.ts'
import { type AwsSettings, readAwsJson, readTerraformPlan } from './aws-json.ts'
import { readDockerfile } from './dockerfile.ts'
import { readGunicornConf } from './gunicorn-conf.ts'
import { readHaproxyCfg } from './haproxy-cfg.ts'
import { readKubernetes } from './kubernetes.ts'
import { readNginxConf } from './nginx-conf.ts'
import type { ProxySettings, Remark } from './proxy-settings.ts'
import { type FileHost, positionsOf, type SourceFile } from './source-file.ts'
import type { KubernetesWorld } from './workload.ts'

/** Everything that the given files say. */
export interface ReadFiles {
  readonly world: KubernetesWorld
  readonly aws: readonly AwsSettings[]
  readonly proxies: readonly ProxySettings[]
  readonly apps: readonly AppSettings[]
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
  readonly understood: ReadonlySet<string>
}

export function readFiles(files: readonly SourceFile[], host: FileHost): ReadFiles {
  const worlds: KubernetesWorld[] = []
  const aws: AwsSettings[] = []
  const proxies: ProxySettings[] = []
  const apps: AppSettings[] = []
  const remarks: Remark[] = []
  const notes: string[] = []
  const understood = new Set<string>()
  const without: string[] = []
  const included = includedFiles(files, host)
  for (const file of files) {
    const kind = detectKind(file)
    if (kind === 'yaml' || (kind === 'json' && looksLikeKubernetes(file.text))) {
      const read = readKubernetes(file, host)
      worlds.push(read.world)
      remarks.push(...read.remarks)
      notes.push(...read.notes)
      if (read.objects > 0 || read.remarks.length > 0 || read.notes.length > 0) understood.add(file.name)
    } else if (kind === 'json') {
      const read = readJson(file, remarks)
      aws.push(...read)
      if (read.length > 0) understood.add(file.name)
    } else if (kind === 'nginx') {
      // A file that another one includes is read there, inside the right block.
      if (included.has(file.name)) understood.add(file.name)
      else {
        const proxy = readNginxConf(file.name, file.text, host)
        proxies.push(proxy)
        remarks.push(...proxy.remarks)
        notes.push(...proxy.notes)
        understood.add(file.name)
      }
    } else if (kind === 'haproxy') {
      const proxy = readHaproxyCfg(file.name, file.text)
      proxies.push(proxy)
      remarks.push(...proxy.remarks)
      understood.add(file.name)
    } else if (kind === 'gunicorn') {
      const app = readGunicornConf(file)
      apps.push(app)
      notes.push(...app.notes)
      understood.add(file.name)
    } else if (kind === 'dockerfile') {
      const read = readDockerfile(file)
      understood.add(file.name)
      if (read.app) {
        apps.push(read.app)
        notes.push(...read.app.notes)
      } else without.push(file.name)
    }
  }
  if (without.length > 0)
    notes.push(
      `${without[0]}${without.length > 1 ? ` and ${without.length - 1} more` : ''}: no server that why5xx knows is started by CMD or ENTRYPOINT`,
    )
  for (const each of aws) remarks.push(...each.remarks)
  return {
    world: mergeWorlds(worlds),
    aws,
    proxies,
    apps: mergeApps(apps),
    remarks: oncePerChart(remarks),
    notes,
    understood,
  }
}

/** A chart that nobody rendered is one thing to do, however many templates it has. */
function oncePerChart(remarks: readonly Remark[]): Remark[] {
  const chartOf = ({ at }: Remark): string => /^(.*\/|)templates\//.exec(at.file)?.[0] ?? at.file
  const templates = remarks.filter((remark) => remark.rule === 'template-not-rendered')
  return remarks.flatMap((remark) => {
    if (remark.rule !== 'template-not-rendered') return [remark]
    const chart = templates.filter((each) => chartOf(each) === chartOf(remark))
    if (chart[0] !== remark) return []
    const more = new Set(chart.map((each) => each.at.file)).size - 1
    return [
      more === 0
        ? remark
        : { ...remark, message: `${remark.message.replace(/\.$/, '')} (and ${more} more in ${chartOf(remark)})` },
    ]
  })
}

/** gunicorn.conf.py beside a Dockerfile that starts gunicorn is one app, not two. */
function mergeApps(apps: readonly AppSettings[]): AppSettings[] {
  const gunicorns = apps.filter((app) => app.server?.startsWith('gunicorn'))
  if (apps.length !== 2 || gunicorns.length !== 2) return [...apps]
  const [left, right] = gunicorns as [AppSettings, AppSettings]
  const values = { ...left.values }
  for (const [id, value] of Object.entries(right.values) as [
    keyof typeof values,
    (typeof values)[keyof typeof values],
  ][])
    if (value && (values[id] === undefined || values[id].source === 'default')) values[id] = value
  const server = left.server === 'gunicorn-sync' ? right.server : left.server
  return [{ ...left, server, neverReuses: left.neverReuses && right.neverReuses, values }]
}

function readJson(file: SourceFile, remarks: Remark[]): AwsSettings[] {
  try {
    const parsed: unknown = JSON.parse(file.text)
    return [...readAwsJson(file, parsed), ...readTerraformPlan(file, parsed)]
  } catch (error) {
    // A broken package.json is not our business; a broken manifest is.
    if (!/"(apiVersion|Attributes|TargetGroups|planned_values|TargetHealthDescriptions)"/.test(file.text)) return []
    const message = error instanceof Error ? error.message : String(error)
    remarks.push({
      rule: 'not-yaml',
      at: positionsOf(file.name, file.text).at(0),
      message: `not JSON: ${message.slice(0, 200)}`,
    })
    return []
  }
}

/** JSON is YAML, and `kubectl get -o json` prints it. */
function looksLikeKubernetes(text: string): boolean {
  const start = text.slice(0, 100_000)
  return /"apiVersion"\s*:/.test(start) && /"kind"\s*:/.test(start)
}

function includedFiles(files: readonly SourceFile[], host: FileHost): ReadonlySet<string> {
  const names = new Set<string>()
  for (const file of files) {
    if (detectKind(file) !== 'nginx') continue
    const folder = file.name.includes('/') ? file.name.slice(0, file.name.lastIndexOf('/')) : '.'
    for (const match of file.text.matchAll(/^\s*include\s+["']?([^\s;"']+)/gm)) {
      const pattern = (match[1] ?? '').replace(/^\/etc\/nginx\//, '')
      const path = folder === '.' || pattern.startsWith('/') ? pattern : `${folder}/${pattern}`
      for (const name of /[*?[]/.test(path) ? host.glob(path) : [path]) if (name !== file.name) names.add(name)
    }
  }
  return names
}

function mergeWorlds(worlds: readonly KubernetesWorld[]): KubernetesWorld {
  return {
    workloads: worlds.flatMap((world) => world.workloads),
    services: worlds.flatMap((world) => world.services),
    ingresses: worlds.flatMap((world) => world.ingresses),
    bindings: worlds.flatMap((world) => world.bindings),
    proxies: worlds.flatMap((world) => world.proxies),
    gunicornConfs: worlds.flatMap((world) => world.gunicornConfs),
    ingressNginx: Object.assign({}, ...worlds.map((world) => world.ingressNginx)) as KubernetesWorld['ingressNginx'],
  }
}
