import type { Chain, ChainFact, ChainValue, Place } from './chain.ts'
import { assumedNginxVersion } from './nginx-versions.ts'
import type { AppSettings } from './read/app-settings.ts'
import type { AwsSettings } from './read/aws-json.ts'
import { splitImage } from './read/pod-template.ts'
import type { ProxyRoute, ProxySettings, Upstream } from './read/proxy-settings.ts'
import type { Container, IngressObject, KubernetesWorld, ServiceObject, Values, Workload } from './read/workload.ts'
import { compareVersions } from './servers.ts'

/** One way a request can take, with the objects it passes. */
export interface Way {
  readonly chain: Chain
  readonly ingress: IngressObject | null
  readonly service: ServiceObject | null
  readonly workload: Workload | null
  /** The container that runs the app. */
  readonly container: Container | null
  readonly isFirstRoute: boolean
}

export interface LinkInput {
  readonly world: KubernetesWorld
  readonly aws: readonly AwsSettings[]
  /** Proxy configurations and apps given as files of their own. */
  readonly proxies: readonly ProxySettings[]
  readonly apps: readonly AppSettings[]
  /** A diagnosis of a load balancer was given: there is one, whatever the files show. */
  readonly hasDiagnosis: boolean
  /** Values that a log showed; they fill what no file says. */
  readonly measured: Values
}

interface Front {
  readonly name: string
  readonly ingress: IngressObject | null
  readonly service: ServiceObject | null
  readonly port: string
  readonly facts: readonly ChainFact[]
  readonly values: Values
  readonly anchor: Place | null
}

export interface Linked {
  readonly ways: readonly Way[]
  readonly notes: readonly string[]
  /** Services that two workloads answer. */
  readonly shared: readonly { readonly service: ServiceObject; readonly workloads: readonly Workload[] }[]
}

/** Finds every way from a load balancer to an app through the given objects. */
export function link(input: LinkInput): Linked {
  const { world } = input
  const notes: string[] = []
  const ways: Way[] = []
  const shared = new Map<ServiceObject, readonly Workload[]>()
  const fronts = frontsOf(input, notes)
  const reached = new Set<Workload>()
  for (const front of fronts) {
    const workloads = front.service ? workloadsOf(world, front.service) : []
    if (front.service && workloads.length === 0 && front.service.selector.size > 0)
      notes.push(
        `${front.service.at.file}:${front.service.at.line}: no workload in the given files matches Service ${front.service.name}, so the app behind it was not checked`,
      )
    if (front.service && workloads.length > 1) shared.set(front.service, workloads)
    for (const workload of workloads) {
      reached.add(workload)
      ways.push(...waysTo(front, workload, input, reached))
    }
  }
  for (const workload of world.workloads) {
    if (reached.has(workload)) continue
    const front = looseFront(workload, input)
    ways.push(...waysTo(front, workload, input, new Set()))
  }
  ways.push(...bareWays(input), ...awsWays(input))
  notes.push(...severalNote(input))
  notes.push(...definedTwice(world.workloads))
  return { ways, notes, shared: [...shared].map(([service, workloads]) => ({ service, workloads })) }
}

/** Overlays and variants: one sentence for all of them. */
function definedTwice(workloads: readonly Workload[]): string[] {
  const first = new Map<string, Workload>()
  const twice = new Map<string, readonly [Workload, Workload]>()
  for (const workload of workloads) {
    const key = `${workload.namespace}/${workload.kind}/${workload.name}`
    const known = first.get(key)
    if (!known) first.set(key, workload)
    else if (!twice.has(key)) twice.set(key, [known, workload])
  }
  const [example] = twice.values()
  if (!example) return []
  const [left, right] = example
  const more = twice.size > 1 ? `, and ${twice.size - 1} more` : ''
  return [
    `in more than one file: ${left.kind} ${left.name} (${left.at.file}, ${right.at.file})${more}. Each was checked by itself; for overlays check what is built: kustomize build DIR | why5xx check -`,
  ]
}

function hasAws(input: LinkInput): boolean {
  return input.hasDiagnosis || input.aws.some((each) => each.kind !== 'target-health')
}

function frontsOf(input: LinkInput, notes: string[]): Front[] {
  const { world } = input
  const fronts: Front[] = []
  for (const ingress of world.ingresses) {
    const seen = new Set<string>()
    for (const backend of ingress.backends) {
      const key = `${backend.service}:${backend.port}`
      if (seen.has(key)) continue
      seen.add(key)
      const service = serviceNamed(world, ingress.namespace, backend.service, ingress.at.file)
      if (!service) {
        if (ingress.controller)
          notes.push(
            `${backend.at.file}:${backend.at.line}: Service ${backend.service} is not in the given files, so what is behind it was not checked`,
          )
        continue
      }
      fronts.push(ingressFront(ingress, service, backend.port, input))
    }
  }
  for (const binding of world.bindings) {
    const service = serviceNamed(world, binding.namespace, binding.service, binding.at.file)
    if (!service) continue
    fronts.push({
      name: `TargetGroupBinding ${binding.name} -> Service ${service.name}`,
      ingress: null,
      service,
      port: binding.port,
      facts: ['load-balancer', typeFact(binding.targetType ?? 'instance')],
      values: { ...propagation(binding.targetType ?? 'instance'), ...awsValues(input) },
      anchor: binding.at,
    })
  }
  const hasFront = fronts.some((front) => front.facts.includes('load-balancer'))
  if (!hasFront && hasAws(input))
    for (const service of world.services)
      if ((service.type === 'NodePort' || service.type === 'LoadBalancer') && service.selector.size > 0)
        fronts.push({
          name: `load balancer -> Service ${service.name}`,
          ingress: null,
          service,
          port: String(service.ports[0]?.port ?? ''),
          facts: ['load-balancer', 'instance-target'],
          values: { ...propagation('instance'), ...service.annotations.values, ...awsValues(input) },
          anchor: service.at,
        })
  if (!fronts.some((front) => front.facts.includes('load-balancer')) && !hasAws(input) && world.workloads.length > 0)
    notes.push(
      'no load balancer in the given files (Ingress of class alb, TargetGroupBinding, AWS or Terraform JSON), so the rules about it were not checked',
    )
  return fronts
}

function ingressFront(ingress: IngressObject, service: ServiceObject, port: string, input: LinkInput): Front {
  const name = `Ingress ${ingress.name} -> Service ${service.name}`
  const base = { name, ingress, service, port, anchor: ingress.at }
  if (ingress.controller !== 'alb') return { ...base, facts: [], values: ingressNginxValues(ingress, input.world) }
  const targetType = targetTypeOf(ingress, service)
  const annotated = { ...ingress.annotations.values, ...service.annotations.values }
  return {
    ...base,
    facts: ['load-balancer', typeFact(targetType)],
    values: { ...controllerDefaults(ingress.at), ...propagation(targetType), ...annotated, ...awsValues(input) },
  }
}

/** The Service's own annotation wins over the Ingress's. */
export function targetTypeOf(ingress: IngressObject, service: ServiceObject): 'instance' | 'ip' {
  const onService = service.annotations.text['alb.ingress.kubernetes.io/target-type']?.value
  return (onService ?? ingress.targetType) === 'ip' ? 'ip' : 'instance'
}

function ingressNginxValues(ingress: IngressObject, world: KubernetesWorld): Values {
  if (ingress.controller !== 'nginx') return {}
  const at = ingress.at
  const fallback = (value: number, what: string): ChainValue => ({
    value,
    source: 'default',
    at,
    because: `${what} not set: ingress-nginx takes ${value} s`,
  })
  return {
    'proxy.keepAliveSeconds': fallback(75, 'keep-alive'),
    'proxy.upstreamKeepAliveSeconds': fallback(60, 'upstream-keepalive-timeout'),
    'proxy.connectTimeoutSeconds': fallback(5, 'proxy-connect-timeout'),
    'proxy.readTimeoutSeconds': fallback(60, 'proxy-read-timeout'),
    ...world.ingressNginx,
    ...ingress.annotations.values,
  }
}

/** A workload that no load balancer of the files reaches. With AWS facts or a diagnosis and no Service it is taken to be the target. */
function looseFront(workload: Workload, input: LinkInput): Front {
  const isTarget = hasAws(input) && input.world.services.length === 0 && input.world.ingresses.length === 0
  return {
    name: `${workload.kind} ${workload.name}`,
    ingress: null,
    service: null,
    port: '',
    facts: isTarget ? ['load-balancer'] : [],
    values: isTarget ? awsValues(input) : {},
    anchor: workload.at,
  }
}

function waysTo(front: Front, workload: Workload, input: LinkInput, reached: Set<Workload>): Way[] {
  const receiver = containerFor(workload, front)
  const name =
    front.name.includes(workload.name) && !front.service
      ? front.name
      : `${front.name} -> ${workload.kind} ${workload.name}`
  const proxy = receiver?.proxyKind ? proxyConfigOf(receiver, workload, input) : null
  if (receiver && proxy && proxy.routes.length > 0)
    return proxy.routes.flatMap((route, index) => [
      proxiedWay(name, front, workload, receiver, route, input, reached, index === 0),
      ...(index === 0 ? behindWays(name, front, workload, receiver, route, input) : []),
    ])
  const app = receiver ? appOf(receiver, input) : null
  const isIngressNginx = front.ingress?.controller === 'nginx'
  const facts: ChainFact[] = ['kubernetes', ...front.facts]
  if (isIngressNginx) facts.push('proxy', 'pooled-upstream')
  else facts.push('no-proxy')
  const values: Values = {
    ...front.values,
    ...podValues(workload, receiver),
    ...(proxy ? { 'app.keepAliveSeconds': proxy.values['proxy.keepAliveSeconds'] } : {}),
    ...appValues(app),
  }
  return [way(name, facts, values, app, front, workload, receiver, input, true)]
}

function proxiedWay(
  name: string,
  front: Front,
  workload: Workload,
  proxyContainer: Container,
  route: ProxyRoute,
  input: LinkInput,
  reached: Set<Workload>,
  isFirstRoute: boolean,
): Way {
  const behind = appBehind(route.upstreams, workload, proxyContainer, input)
  const app = behind ? appOf(behind.container, input) : null
  const isSidecar = behind?.workload === workload
  if (behind && !isSidecar) reached.add(behind.workload)
  const facts: ChainFact[] = ['kubernetes', 'proxy', ...front.facts]
  if (proxyContainer.proxyKind === 'haproxy') facts.push('haproxy')
  if (isPooled(route, proxyContainer.image)) facts.push('pooled-upstream')
  if (isSidecar && !proxyContainer.isNativeSidecar) facts.push('proxy-sidecar')
  const noPreStop: ChainValue = {
    value: 0,
    source: 'default',
    at: proxyContainer.at,
    because: 'no preStop: the proxy ends at once',
  }
  const values: Values = {
    ...front.values,
    ...route.values,
    ...appValues(app),
    ...podValues(workload, isSidecar && behind ? behind.container : proxyContainer),
    ...(isSidecar ? { 'proxy.preStopSeconds': proxyContainer.preStopSeconds ?? noPreStop } : {}),
  }
  // The pod that drains towards the load balancer is the proxy's own, unless the proxy is a sidecar.
  if (!isSidecar) delete values['app.gracefulShutdownSeconds']
  return way(
    `${name} (${route.name})`,
    facts,
    values,
    app,
    front,
    workload,
    behind?.container ?? null,
    input,
    isFirstRoute,
  )
}

/** Pods behind a proxy of their own Deployment: their lifecycle matters as well, their connections are the proxy's. */
function behindWays(
  name: string,
  front: Front,
  workload: Workload,
  proxyContainer: Container,
  route: ProxyRoute,
  input: LinkInput,
): Way[] {
  const behind = appBehind(route.upstreams, workload, proxyContainer, input)
  if (!behind || behind.workload === workload) return []
  const app = appOf(behind.container, input)
  const values: Values = {
    ...propagation('instance'),
    ...podValues(behind.workload, behind.container),
    ...appValues(app),
  }
  const facts: ChainFact[] = ['kubernetes', ...front.facts.filter((fact) => fact === 'load-balancer')]
  const label = `${name} -> ${behind.workload.kind} ${behind.workload.name}`
  return [way(label, facts, values, app, front, behind.workload, behind.container, input, true)]
}

function way(
  name: string,
  facts: readonly ChainFact[],
  values: Values,
  app: AppSettings | null,
  front: Front,
  workload: Workload | null,
  container: Container | null,
  input: LinkInput,
  isFirstRoute: boolean,
): Way {
  const all = [...facts]
  if (app?.server === 'node') all.push('node-server')
  return {
    chain: {
      name,
      facts: new Set(all),
      values: withMeasured(values, input.measured),
      server: app?.server ?? null,
      anchor: container?.at ?? workload?.at ?? front.anchor,
    },
    ingress: front.ingress,
    service: front.service,
    workload,
    container,
    isFirstRoute,
  }
}

/** Configurations given without any Kubernetes object around them: the load balancer in front is assumed. */
function bareWays(input: LinkInput): Way[] {
  const { world } = input
  const hasFront =
    hasAws(input) || world.ingresses.some((each) => each.controller === 'alb') || world.bindings.length > 0
  // Beside manifests without any load balancer nothing says that this file has one in front.
  if (world.workloads.length > 0 && !hasFront) return []
  const linked = linkedFiles(input)
  const proxies = input.proxies.filter((proxy) => !linked.has(proxy))
  const apps = input.apps.filter((app) => !linked.has(app))
  const front: Front = {
    name: '',
    ingress: null,
    service: null,
    port: '',
    facts: ['load-balancer'],
    values: awsValues(input),
    anchor: null,
  }
  const found: Way[] = []
  const [onlyApp] = apps
  const behind = apps.length === 1 && onlyApp ? onlyApp : null
  for (const proxy of proxies) {
    proxy.routes.forEach((route, index) => {
      const facts: ChainFact[] = ['load-balancer', 'proxy']
      if (proxy.kind === 'haproxy') facts.push('haproxy')
      if (isPooled(route, null)) facts.push('pooled-upstream')
      const values = { ...front.values, ...route.values, ...appValues(behind) }
      found.push(
        way(
          `load balancer -> ${proxy.kind} ${route.name}`,
          facts,
          values,
          behind,
          { ...front, anchor: route.at },
          null,
          null,
          input,
          index === 0,
        ),
      )
    })
    if (proxy.routes.length > 0 || proxy.listens.length === 0) continue
    const keepAlive = proxy.values['proxy.keepAliveSeconds']
    const values: Values = { ...front.values, ...(keepAlive ? { 'app.keepAliveSeconds': keepAlive } : {}) }
    found.push(
      way(
        `load balancer -> ${proxy.kind}`,
        ['load-balancer', 'no-proxy'],
        values,
        null,
        front,
        null,
        null,
        input,
        true,
      ),
    )
  }
  if (proxies.some((proxy) => proxy.routes.length > 0) && behind) return found
  for (const app of apps) {
    const values = { ...front.values, ...appValues(app) }
    found.push(
      way(
        `load balancer -> ${app.server ?? 'app'}`,
        ['load-balancer', 'no-proxy'],
        values,
        app,
        { ...front, anchor: app.at },
        null,
        null,
        input,
        true,
      ),
    )
  }
  return found
}

/** Files that a workload already uses: one Dockerfile for the one container without a command, one nginx.conf likewise. */
function linkedFiles(input: LinkInput): ReadonlySet<object> {
  const linked = new Set<object>()
  const { workloads } = input.world
  if (
    input.apps.length === 1 &&
    input.apps[0] &&
    workloads.some((each) => each.containers.some((container) => appOf(container, input) === input.apps[0]))
  )
    linked.add(input.apps[0])
  for (const proxy of input.proxies)
    if (workloads.some((each) => each.containers.some((container) => container.proxyKind === proxy.kind)))
      linked.add(proxy)
  return linked
}

function appOf(container: Container, input: LinkInput): AppSettings | null {
  const fromMap = input.world.gunicornConfs.find((conf) => container.mountedConfigMaps.includes(conf.configMap))
  const base = container.app
  if (base?.server?.startsWith('gunicorn') && fromMap) return mergeApps(fromMap.app, base)
  const [only] = input.apps
  if (base?.server?.startsWith('gunicorn') && input.apps.length === 1 && only?.server?.startsWith('gunicorn'))
    return mergeApps(only, base)
  if (base) return base
  const isUnknown = container.proxyKind === null
  return isUnknown && input.apps.length === 1 && only && unknownContainers(input) === 1 ? only : null
}

function unknownContainers(input: LinkInput): number {
  return input.world.workloads
    .flatMap((workload) => workload.containers)
    .filter((container) => container.app === null && container.proxyKind === null).length
}

/** Flags win over the file. */
function mergeApps(file: AppSettings, flags: AppSettings): AppSettings {
  const values: Values = { ...flags.values }
  for (const [id, value] of Object.entries(file.values) as [keyof Values, ChainValue][])
    if (values[id] === undefined || values[id].source === 'default') values[id] = value
  return {
    ...flags,
    server: flags.server === 'gunicorn-sync' ? file.server : flags.server,
    neverReuses: flags.neverReuses && file.neverReuses,
    values,
  }
}

function proxyConfigOf(container: Container, workload: Workload, input: LinkInput): ProxySettings | null {
  const mounted = input.world.proxies.filter(
    (proxy) =>
      proxy.namespace === workload.namespace &&
      container.mountedConfigMaps.includes(proxy.configMap) &&
      proxy.settings.kind === container.proxyKind,
  )
  const withRoutes = mounted.find((proxy) => proxy.settings.routes.length > 0) ?? mounted[0]
  if (withRoutes) return withRoutes.settings
  const bare = input.proxies.filter((proxy) => proxy.kind === container.proxyKind)
  return bare.length === 1 && bare[0] ? bare[0] : null
}

/** The image's tag says the version, where it is one. */
function isPooled(route: ProxyRoute, image: string | null): boolean {
  if (route.pooledSince === null) return false
  const version = /^(\d+\.\d+(\.\d+)?)/.exec(splitImage(image ?? '').tag)?.[1] ?? assumedNginxVersion
  return compareVersions(version, route.pooledSince) >= 0
}

function appBehind(
  upstreams: readonly Upstream[],
  workload: Workload,
  proxyContainer: Container,
  input: LinkInput,
): { readonly workload: Workload; readonly container: Container } | null {
  for (const upstream of upstreams) {
    if (/^(127\.\d+\.\d+\.\d+|localhost|::1|\[::1\])$/.test(upstream.host)) {
      const others = workload.containers.filter((container) => container !== proxyContainer)
      const found =
        others.find((container) => container.ports.some((port) => port.number === upstream.port)) ??
        others.find((container) => container.app?.port === upstream.port) ??
        others.find((container) => container.app !== null) ??
        others[0]
      if (found) return { workload, container: found }
    }
    const [name = '', namespace] = upstream.host.split('.')
    const service = serviceNamed(input.world, namespace ?? workload.namespace, name)
    if (!service) continue
    const behind = workloadsOf(input.world, service)[0]
    const port = service.ports.find((each) => each.port === upstream.port) ?? service.ports[0]
    if (behind && behind !== workload) {
      const container = containerByTarget(behind, port?.target ?? '')
      if (container) return { workload: behind, container }
    }
  }
  return null
}

function containerFor(workload: Workload, front: Front): Container | null {
  const port =
    front.service?.ports.find((each) => String(each.port) === front.port || each.name === front.port) ??
    front.service?.ports[0]
  return containerByTarget(workload, port?.target ?? '')
}

function containerByTarget(workload: Workload, target: string): Container | null {
  const byPort = workload.containers.find((container) =>
    container.ports.some((port) => port.name === target || String(port.number) === target),
  )
  if (byPort) return byPort
  const main = workload.containers.filter((container) => !container.isNativeSidecar)
  return main.find((container) => container.app !== null) ?? main[0] ?? null
}

function workloadsOf(world: KubernetesWorld, service: ServiceObject): Workload[] {
  if (service.selector.size === 0) return []
  const matching = world.workloads.filter(
    (workload) =>
      workload.namespace === service.namespace &&
      [...service.selector].every(([key, value]) => workload.labels.get(key) === value),
  )
  // The same object in two files (a variant, an overlay) is one workload: the one beside the Service.
  const byName = new Map<string, Workload>()
  for (const workload of matching) {
    const key = `${workload.kind} ${workload.name}`
    if (!byName.has(key) || workload.at.file === service.at.file) byName.set(key, workload)
  }
  return [...byName.values()]
}

/** The Service beside the object that names it, where a name is used in several files. */
function serviceNamed(
  world: KubernetesWorld,
  namespace: string,
  name: string,
  beside?: string,
): ServiceObject | undefined {
  const found = world.services.filter((service) => service.name === name && service.namespace === namespace)
  return found.find((service) => service.at.file === beside) ?? found[0]
}

function podValues(workload: Workload, container: Container | null): Values {
  const values: Values = { ...(container?.probes ?? {}) }
  if (workload.gracePeriod) values['pod.gracePeriodSeconds'] = workload.gracePeriod
  if (workload.replicas) values['pod.replicas'] = workload.replicas
  if (container?.preStopSeconds) values['pod.preStopSeconds'] = container.preStopSeconds
  else if (container && !container.hasOpaquePreStop)
    values['pod.preStopSeconds'] = { value: 0, source: 'default', at: container.at, because: 'no preStop hook' }
  return values
}

function appValues(app: AppSettings | null): Values {
  if (!app) return {}
  const values: Values = {}
  for (const [id, value] of Object.entries(app.values) as [keyof Values, ChainValue][])
    values[id] = app.isSetInCode && value.source === 'default' ? { ...value, maybeInCode: true } : value
  if (app.neverReuses)
    values['app.keepAliveSeconds'] = {
      value: Number.POSITIVE_INFINITY,
      source: 'default',
      at: app.at,
      because: 'closes after every response, and says so',
    }
  return values
}

/** What is in force, where it is clear whose it is: one load balancer, one target group. */
function awsValues(input: LinkInput): Values {
  const values: Values = {}
  for (const kind of ['load-balancer', 'target-group'] as const) {
    const found = input.aws.filter((each) => each.kind === kind)
    const names = new Set(found.map((each) => each.name))
    // describe-target-groups and describe-target-group-attributes speak of the same one; Terraform names each.
    if (names.size <= 1 || (names.size === 2 && names.has(null)))
      for (const each of found) Object.assign(values, each.values)
  }
  return values
}

/** Each load balancer and target group of AWS or Terraform by itself: ranges, order, detection time. */
function awsWays(input: LinkInput): Way[] {
  return input.aws
    .filter((each) => each.kind !== 'target-health')
    .map((each) => ({
      chain: {
        name: each.name ?? (each.kind === 'load-balancer' ? 'the load balancer' : 'the target group'),
        facts: new Set<ChainFact>(['load-balancer']),
        values: each.values,
        server: null,
        anchor: each.at,
      },
      ingress: null,
      service: null,
      workload: null,
      container: null,
      isFirstRoute: true,
    }))
}

function severalNote(input: LinkInput): string[] {
  const names = new Set(input.aws.filter((each) => each.kind === 'load-balancer').map((each) => each.name))
  if (names.size < 2) return []
  return [
    `${names.size} load balancers in the given JSON: each was checked by itself, none was taken for the one in front of an app`,
  ]
}

function withMeasured(values: Values, measured: Values): Values {
  const all: Values = { ...values }
  for (const [id, value] of Object.entries(measured) as [keyof Values, ChainValue][]) {
    const known = all[id]
    // A file's word stands; a default or a guess gives way to what the log showed.
    if (known === undefined || known.maybeInCode) all[id] = { ...value, at: known?.at ?? null }
  }
  return all
}

function typeFact(type: 'instance' | 'ip'): ChainFact {
  return type === 'ip' ? 'ip-target' : 'instance-target'
}

/** Pods behind a node port only wait for kube-proxy; pods as targets wait for the controller and the ELB as well. */
function propagation(type: 'instance' | 'ip'): Values {
  if (type === 'ip') return {}
  return {
    'pod.propagationSeconds': {
      value: 15,
      source: 'default',
      at: null,
      because: 'node ports: endpoints and kube-proxy on every node; 30 s when pods are the targets',
    },
  }
}

function controllerDefaults(at: Place): Values {
  const fallback = (value: number, name: string): ChainValue => ({
    value,
    source: 'default',
    at,
    because: `${name} not set: the controller takes ${value}`,
  })
  return {
    'targetGroup.healthCheckIntervalSeconds': fallback(15, 'healthcheck-interval-seconds'),
    'targetGroup.healthCheckTimeoutSeconds': fallback(5, 'healthcheck-timeout-seconds'),
    'targetGroup.unhealthyThreshold': fallback(2, 'unhealthy-threshold-count'),
  }
}
