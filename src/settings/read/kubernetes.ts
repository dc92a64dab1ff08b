import { isScalar, parseAllDocuments } from 'yaml'
import type { Place } from '../chain.ts'
import { readAnnotations } from './annotations.ts'
import { given } from './command-line.ts'
import { nginxSeconds } from './duration.ts'
import { readGunicornConf } from './gunicorn-conf.ts'
import { readHaproxyCfg } from './haproxy-cfg.ts'
import { readNginxConf } from './nginx-conf.ts'
import { readPodTemplate } from './pod-template.ts'
import type { Remark } from './proxy-settings.ts'
import { type FileHost, positionsOf, type SourceFile } from './source-file.ts'
import type { IngressObject, KubernetesWorld, ServiceObject, Values, Workload } from './workload.ts'
import { type Cursor, entries, get, items, numeric, place, placeOfKey, text } from './yaml-cursor.ts'
import { isTooDeep } from './yaml-depth.ts'

export interface KubernetesFile {
  readonly world: KubernetesWorld
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
  /** Objects that were understood. */
  readonly objects: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod', 'Rollout'])

/** `{{ .Values.x }}` and its kin: what Helm leaves when nobody rendered it. */
const template =
  /\{\{-?\s*(\.(Values|Release|Chart|Capabilities|Template)\b|include\s|template\s|if\s|range\s|with\s|end\b|toYaml\s|tpl\s|\$\.?\w*)/

/** One YAML file, several documents, `List` kinds, CRLF, anchors. Never throws on its content. */
export function readKubernetes(file: SourceFile, host: FileHost): KubernetesFile {
  const world: Mutable<KubernetesWorld> = {
    workloads: [],
    services: [],
    ingresses: [],
    bindings: [],
    proxies: [],
    ingressNginx: {},
    gunicornConfs: [],
  }
  const remarks: Remark[] = []
  const notes: string[] = []
  const positions = positionsOf(file.name, file.text)
  if (isTooDeep(file.text)) {
    remarks.push({ rule: 'not-yaml', at: positions.at(0), message: 'nested deeper than any manifest' })
    return { world, remarks, notes, objects: 0 }
  }
  const parsed = parseAllDocuments(file.text, { merge: false, logLevel: 'silent', uniqueKeys: false })
  const documents = Array.isArray(parsed) ? parsed : []
  const templated = template.exec(file.text)
  let objects = 0
  let isReported = false
  for (const document of documents) {
    const [error] = document.errors
    if (error && !isReported) {
      isReported = true
      if (templated) remarks.push(unrendered(positions.at(templated.index)))
      // Terraform's and CloudFormation's templates end in .yaml as well.
      else if (file.isFound && !/^\s*apiVersion:/m.test(file.text))
        notes.push(`${file.name}:${positions.at(error.pos[0]).line}: not YAML, and no manifest by its look`)
      else remarks.push({ rule: 'not-yaml', at: positions.at(error.pos[0]), message: firstLine(error.message) })
    }
    if (error) continue
    const root: Cursor = { node: document.contents, document, positions }
    for (const object of unwrap(root, 0)) if (readObject(object, file, host, world, remarks, notes)) objects++
  }
  if (templated && !isReported && isOutsideText(documents, templated.index))
    remarks.push(unrendered(positions.at(templated.index)))
  return { world, remarks, notes, objects }
}

function unrendered(at: Place): Remark {
  return {
    rule: 'template-not-rendered',
    at,
    message: 'an unrendered Helm template: run "helm template RELEASE CHART | why5xx check -"',
  }
}

/** Prometheus rules and the like carry `{{ }}` in strings; those are rendered already. */
function isOutsideText(documents: readonly { contents: unknown }[], offset: number): boolean {
  let isInside = false
  const visit = (node: unknown, depth: number): void => {
    if (depth > 100 || typeof node !== 'object' || node === null || isInside) return
    if (isScalar(node)) {
      const range = node.range
      const isText = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED' || node.type?.startsWith('QUOTE')
      if (isText && range && range[0] <= offset && offset < range[2]) isInside = true
      return
    }
    const holder = node as { items?: readonly unknown[]; key?: unknown; value?: unknown }
    for (const each of holder.items ?? []) visit(each, depth + 1)
    visit(holder.key, depth + 1)
    visit(holder.value, depth + 1)
  }
  for (const document of documents) visit(document.contents, 0)
  return !isInside
}

function unwrap(object: Cursor, depth: number): Cursor[] {
  const kind = text(get(object, 'kind'))
  if (kind?.endsWith('List') && depth < 4) return items(get(object, 'items')).flatMap((each) => unwrap(each, depth + 1))
  return [object]
}

function readObject(
  object: Cursor,
  file: SourceFile,
  host: FileHost,
  world: Mutable<KubernetesWorld>,
  remarks: Remark[],
  notes: string[],
): boolean {
  const kind = text(get(object, 'kind'))
  const name = text(get(object, 'metadata', 'name')) ?? ''
  const namespace = text(get(object, 'metadata', 'namespace')) ?? 'default'
  if (kind === undefined) return false
  if (workloadKinds.has(kind)) world.workloads.push(readWorkload(object, kind, name, namespace, notes))
  else if (kind === 'Service') {
    const service = readService(object, name, namespace)
    world.services.push(service)
    remarks.push(...service.annotations.remarks)
  } else if (kind === 'Ingress') {
    const ingress = readIngress(object, name, namespace)
    world.ingresses.push(ingress)
    remarks.push(...ingress.annotations.remarks)
  } else if (kind === 'TargetGroupBinding')
    world.bindings.push({
      name,
      namespace,
      at: place(object),
      service: text(get(object, 'spec', 'serviceRef', 'name')) ?? '',
      port: text(get(object, 'spec', 'serviceRef', 'port')) ?? '',
      targetType: targetTypeOf(text(get(object, 'spec', 'targetType'))),
    })
  else if (kind === 'ConfigMap') readConfigMap(object, name, namespace, file, host, world, remarks)
  else if (kind === 'Kustomization')
    notes.push('kustomizations were not built; check what they build: kustomize build DIR | why5xx check -')
  else return false
  return true
}

function readWorkload(object: Cursor, kind: string, name: string, namespace: string, notes: string[]): Workload {
  const isPod = kind === 'Pod'
  const spec = isPod ? object : get(object, 'spec', 'template')
  const labels = new Map<string, string>()
  for (const { key, value } of entries(get(spec, 'metadata', 'labels'))) labels.set(key, text(value) ?? '')
  const pod = get(spec, 'spec')
  const grace = get(pod, 'terminationGracePeriodSeconds')
  const seconds = numeric(grace)
  const replicasNode = get(object, 'spec', 'replicas')
  const replicas = numeric(replicasNode)
  const strategy = get(object, 'spec', 'strategy')
  return {
    kind,
    name,
    namespace,
    at: place(object),
    labels,
    containers: readPodTemplate(pod, notes),
    gracePeriod:
      seconds === undefined ? null : given(seconds, place(grace), `terminationGracePeriodSeconds: ${seconds}`),
    replicas: replicas === undefined ? null : given(replicas, place(replicasNode), `replicas: ${replicas}`),
    strategyAt: strategy.node ? placeOfKey(get(object, 'spec'), 'strategy') : null,
    emptiesService: emptiesService(strategy, replicas ?? Number.POSITIVE_INFINITY),
    hasVolumeClaim: items(get(pod, 'volumes')).some((volume) => get(volume, 'persistentVolumeClaim').node !== null),
    hasNoSurge: text(get(strategy, 'rollingUpdate', 'maxSurge')) === '0',
    hasHostNetwork: text(get(pod, 'hostNetwork')) === 'true',
  }
}

function emptiesService(strategy: Cursor, replicas: number): string | null {
  if (text(get(strategy, 'type')) === 'Recreate')
    return 'strategy Recreate takes every pod away before a new one starts'
  const unavailable = text(get(strategy, 'rollingUpdate', 'maxUnavailable'))
  const isAll = unavailable === '100%' || (/^[1-9]\d*$/.test(unavailable ?? '') && Number(unavailable) >= replicas)
  return isAll && replicas > 0 ? `maxUnavailable: ${unavailable} lets a rollout take every pod away at once` : null
}

function readService(object: Cursor, name: string, namespace: string): ServiceObject {
  const spec = get(object, 'spec')
  const selector = new Map<string, string>()
  for (const { key, value } of entries(get(spec, 'selector'))) selector.set(key, text(value) ?? '')
  const policy = get(spec, 'externalTrafficPolicy')
  return {
    name,
    namespace,
    at: place(object),
    type: text(get(spec, 'type')) ?? 'ClusterIP',
    typeAt: get(spec, 'type').node ? placeOfKey(spec, 'type') : place(object),
    selector,
    ports: items(get(spec, 'ports')).map((port) => ({
      name: text(get(port, 'name')) ?? null,
      port: numeric(get(port, 'port')) ?? 0,
      target: text(get(port, 'targetPort')) ?? text(get(port, 'port')) ?? '',
      at: place(port),
    })),
    isLocal: text(policy) === 'Local' ? placeOfKey(spec, 'externalTrafficPolicy') : null,
    isHeadless: text(get(spec, 'clusterIP')) === 'None',
    annotations: readAnnotations(get(object, 'metadata', 'annotations')),
  }
}

function readIngress(object: Cursor, name: string, namespace: string): IngressObject {
  const annotations = readAnnotations(get(object, 'metadata', 'annotations'))
  const className =
    text(get(object, 'spec', 'ingressClassName')) ?? annotations.text['kubernetes.io/ingress.class']?.value ?? ''
  const backends: { service: string; port: string; at: Place }[] = []
  const add = (backend: Cursor): void => {
    const modern = get(backend, 'service')
    const service = text(get(modern, 'name')) ?? text(get(backend, 'serviceName'))
    const port =
      text(get(modern, 'port', 'number')) ??
      text(get(modern, 'port', 'name')) ??
      text(get(backend, 'servicePort')) ??
      ''
    // The controller's own actions (redirects, weighted targets) are annotations, not Services.
    if (service !== undefined && port !== 'use-annotation') backends.push({ service, port, at: place(backend) })
  }
  const fallback = get(object, 'spec', 'defaultBackend').node
    ? get(object, 'spec', 'defaultBackend')
    : get(object, 'spec', 'backend')
  if (fallback.node) add(fallback)
  for (const rule of items(get(object, 'spec', 'rules')))
    for (const path of items(get(rule, 'http', 'paths'))) add(get(path, 'backend'))
  const keys = Object.keys(annotations.text)
  const controller =
    /(^|-)alb$|^alb/.test(className) || keys.some((key) => key.startsWith('alb.ingress.kubernetes.io/'))
      ? 'alb'
      : /nginx/.test(className) || keys.some((key) => key.startsWith('nginx.ingress.kubernetes.io/'))
        ? 'nginx'
        : null
  return {
    name,
    namespace,
    at: place(object),
    controller,
    annotations,
    backends,
    targetType: targetTypeOf(annotations.text['alb.ingress.kubernetes.io/target-type']?.value),
  }
}

function targetTypeOf(value: string | undefined): 'instance' | 'ip' | null {
  return value === 'ip' || value === 'instance' ? value : null
}

function readConfigMap(
  object: Cursor,
  name: string,
  namespace: string,
  file: SourceFile,
  host: FileHost,
  world: Mutable<KubernetesWorld>,
  remarks: Remark[],
): void {
  const data = entries(get(object, 'data'))
  const texts = new Map(data.map(({ key, value }) => [key, text(value) ?? '']))
  for (const { key, value } of data) {
    const body = text(value) ?? ''
    const where = contentPositions(value, file)
    if (isNginxConf(key, body)) {
      // Includes of a ConfigMap are its other keys; folders they are mounted to do not matter.
      const inside: FileHost = {
        read: (path) => texts.get(path.slice(path.lastIndexOf('/') + 1)) ?? host.read(path),
        glob: (pattern) => globKeys(pattern, [...texts.keys()]),
      }
      const settings = readNginxConf(file.name, body, inside, { positions: where })
      remarks.push(...settings.remarks)
      world.proxies.push({ configMap: name, namespace, settings })
    } else if (/haproxy.*\.cfg$/.test(key) || (/\.cfg$/.test(key) && /^\s*(frontend|backend|listen)\s/m.test(body)))
      world.proxies.push({ configMap: name, namespace, settings: readHaproxyCfg(file.name, body, where) })
    else if (/gunicorn.*\.py$/.test(key)) {
      const app = readGunicornConf({ name: file.name, text: body })
      world.gunicornConfs.push({ configMap: name, app })
    }
  }
  if (/ingress-?nginx|nginx-?(ingress|configuration)/.test(name))
    Object.assign(world.ingressNginx, ingressNginxMap(data))
}

function ingressNginxMap(data: readonly { key: string; value: Cursor; at: Place }[]): Values {
  const values: Values = {}
  for (const [key, id] of [
    ['keep-alive', 'proxy.keepAliveSeconds'],
    ['upstream-keepalive-timeout', 'proxy.upstreamKeepAliveSeconds'],
    ['proxy-connect-timeout', 'proxy.connectTimeoutSeconds'],
    ['proxy-read-timeout', 'proxy.readTimeoutSeconds'],
  ] as const) {
    const entry = data.find((each) => each.key === key)
    const raw = entry ? text(entry.value) : undefined
    const seconds = raw === undefined ? undefined : nginxSeconds(raw)
    if (entry && seconds !== undefined) values[id] = given(seconds, entry.at, `${key}: ${raw}`)
  }
  return values
}

function isNginxConf(key: string, body: string): boolean {
  return /\.conf(\.template)?$/.test(key) && /\b(server|upstream|http)\s*[\w.-]*\s*\{/.test(body)
}

function globKeys(pattern: string, keys: readonly string[]): string[] {
  const last = pattern.slice(pattern.lastIndexOf('/') + 1)
  const shape = new RegExp(
    `^${last
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  return keys.filter((key) => shape.test(key) && key !== 'nginx.conf').sort()
}

/** A block scalar's text starts on the line after `|`, indented. */
function contentPositions(value: Cursor, file: SourceFile): ReturnType<typeof positionsOf> {
  const body = text(value) ?? ''
  const start = place(value)
  if (!isScalar(value.node) || !value.node.type?.startsWith('BLOCK')) return positionsOf(file.name, body, start.line)
  const from = value.node.range?.[0] ?? 0
  const header = file.text.indexOf('\n', from)
  const indent = /^[ ]*/.exec(file.text.slice(header + 1))?.[0].length ?? 0
  return positionsOf(file.name, body, start.line + 1, indent)
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line .*$/, '') ?? ''
}
