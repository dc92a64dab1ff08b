import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addresses } from '../world/network.ts'
import { mustRun } from '../world/run-command.ts'
import { renderKubeProxyRules } from './kube-proxy.ts'
import { Pod, type PodTemplate, type PodWorld } from './pod.ts'

export interface Workload {
  /** The Deployment, its Service and the prefix of its pods. */
  readonly name: string
  readonly replicas: number
  readonly template: PodTemplate
  /** Node (0-based) of each replica in turn; default: spread. */
  readonly placement?: readonly number[]
  readonly rollout?: { readonly maxSurge: number; readonly maxUnavailable: number; readonly minReadySeconds?: number }
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  /** Its Service has no address of its own, and so no rules: its name is the addresses of its pods. */
  readonly isHeadless?: boolean
  /** The source ports that nodes have for what they forward; absent: all that are free. */
  readonly masqueradePorts?: string
}

export interface ClusterTimings {
  /** From an endpoint change to rules in force. kube-proxy batches for up to minSyncPeriod (1 s). */
  readonly kubeProxySeconds: number
  /** From an endpoint change to the load balancer controller's call (target type `ip` only). */
  readonly controllerSeconds: number
}

export interface TargetRegistry {
  register(target: string): Promise<void>
  deregister(target: string): Promise<void>
}

export const nodePort = 30080
export const clusterIp = '10.100.23.7'
const podNetwork = '10.0.32.0/19'

/** A Deployment and its Service: ready pods become endpoints, endpoints become rules or registered targets. */
export class Cluster {
  readonly pods: Pod[] = []
  readonly gone: Pod[] = []
  /** Nodes (0-based) that the API server has no object of any more. */
  readonly goneNodes = new Set<number>()
  readonly createdMs = Date.now()
  template: PodTemplate
  readonly #world: PodWorld
  readonly #workload: Workload
  readonly #nodes: number
  readonly #targetType: 'instance' | 'ip'
  readonly #timings: ClusterTimings
  readonly #registered = new Set<string>()
  #registry: TargetRegistry | undefined
  #created = 0
  /** Each node's kube-proxy has its own timer, its own lag and its own rules. */
  readonly #proxies: KubeProxy[]
  readonly #controllerTimers = new Set<NodeJS.Timeout>()
  #registering: Promise<void> = Promise.resolve()
  #isClosed = false
  #isSelected = true

  constructor(
    world: PodWorld,
    workload: Workload,
    nodes: number,
    targetType: 'instance' | 'ip',
    timings: ClusterTimings,
  ) {
    this.#world = world
    this.#workload = workload
    this.#nodes = nodes
    this.#targetType = targetType
    this.#timings = timings
    this.template = workload.template
    this.#proxies = Array.from({ length: nodes }, () => ({
      timer: undefined,
      lagSeconds: 0,
      syncing: Promise.resolve(),
    }))
  }

  async start(signal: AbortSignal): Promise<void> {
    for (let node = 0; node < this.#nodes; node++) await this.#writeRules(node, [])
    await Promise.all(Array.from({ length: this.#workload.replicas }, () => this.#addPod()))
    await this.waitReady(this.#workload.replicas, 40, signal)
    // The story begins with an application that works, whatever its readiness says.
    if (this.template.isReadyAtOnce) await Promise.all(this.pods.map((pod) => pod.waitListening()))
    await this.settle()
  }

  /** Where the load balancer sends to at the start. */
  initialTargets(): string[] {
    if (this.#targetType === 'instance')
      return Array.from({ length: this.#nodes }, (_, n) => `${addresses.node(n)}:${nodePort}`)
    const ready = this.pods.filter((pod) => pod.isServing).map((pod) => this.#targetOf(pod))
    for (const target of ready) this.#registered.add(target)
    return ready
  }

  /** From now on, changes of ready pods reach the load balancer (target type `ip`). */
  connect(registry: TargetRegistry): void {
    this.#registry = registry
  }

  async waitReady(count: number, seconds: number, signal: AbortSignal): Promise<void> {
    const endMs = Date.now() + seconds * 1000
    while (this.pods.filter((pod) => pod.isServing).length < count) {
      if (signal.aborted) return
      if (Date.now() > endMs)
        throw new Error(`Pods were not ready after ${seconds} s; see app.log in ${this.#world.logFolder}`)
      await sleep(50)
    }
  }

  /** Waits until rules and registrations follow the last change. */
  async settle(): Promise<void> {
    await sleep(this.#timings.kubeProxySeconds * 1000 + 50)
    await Promise.all(this.#proxies.map((proxy) => proxy.syncing))
    await this.#registering
  }

  async scale(replicas: number): Promise<void> {
    this.#world.timeline.add('scaled', this.#workload.name, { replicas })
    while (this.pods.filter((pod) => !pod.isTerminating).length < replicas) await this.#addPod()
    const alive = this.pods.filter((pod) => !pod.isTerminating)
    await Promise.all(alive.slice(replicas).map((pod) => this.#remove(pod)))
  }

  /** `kubectl rollout restart`: as many at a time as maxSurge and maxUnavailable allow. */
  async rollingRestart(signal: AbortSignal, template: PodTemplate = this.template): Promise<void> {
    const { maxSurge = 1, maxUnavailable = 0, minReadySeconds = 0 } = this.#workload.rollout ?? {}
    this.#world.timeline.add('rollout-started', this.#workload.name)
    this.template = template
    const old = this.pods.filter((pod) => !pod.isTerminating)
    const removals: Promise<void>[] = []
    const wanted = old.length
    let fresh = 0
    while (!signal.aborted && (old.length > 0 || fresh < wanted)) {
      const alive = this.pods.filter((pod) => !pod.isTerminating)
      const available = alive.filter(
        (pod) => pod.isServing && Date.now() - (pod.readyMs ?? 0) >= minReadySeconds * 1000,
      )
      if (fresh < wanted && alive.length < wanted + maxSurge) {
        fresh += 1
        await this.#addPod()
        continue
      }
      const oldest = old[0]
      if (oldest && (!oldest.isServing || available.length > wanted - maxUnavailable)) {
        old.shift()
        removals.push(this.#remove(oldest))
        continue
      }
      await sleep(50)
    }
    await Promise.all(removals)
    this.#world.timeline.add('rollout-finished', this.#workload.name)
  }

  /** Whether the Service's selector matches the pods. */
  setSelected(isSelected: boolean): void {
    this.#isSelected = isSelected
    this.#world.timeline.add(isSelected ? 'selector-matches' : 'selector-matches-nothing', this.#workload.name)
    this.#scheduleSync()
  }

  /** The autoscaler ends an instance, without a word to the load balancer. */
  async terminateNode(node: number): Promise<void> {
    this.#world.timeline.add('node-removed-on', addresses.node(node))
    await this.#world.network.blackhole(host(node))
    this.#nodeEvent(node, 'ScaleDown', 'node removed by cluster autoscaler', 'cluster-autoscaler')
  }

  /** Its Node object goes when its kubelet was silent for long enough and the cloud does not know the instance. */
  forgetNode(node: number): void {
    const name = addresses.nodeName(node)
    this.#nodeEvent(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`, 'node-controller')
    const why = `Deleting node ${name} because it does not exist in the cloud provider`
    this.#nodeEvent(node, 'DeletingNode', why, 'cloud-node-lifecycle-controller')
    this.#nodeEvent(
      node,
      'RemovingNode',
      `Node ${name} event: Removing Node ${name} from Controller`,
      'node-controller',
    )
    this.goneNodes.add(node)
  }

  #nodeEvent(node: number, reason: string, message: string, component: string): void {
    this.#world.events.record({
      type: 'Normal',
      reason,
      message,
      kind: 'Node',
      name: addresses.nodeName(node),
      component,
    })
  }

  /** A fault inside the applications: they look for a file of this name. */
  setSwitch(name: string, isOn: boolean): void {
    const file = join(this.#world.scratchFolder, 'switches', name)
    mkdirSync(join(this.#world.scratchFolder, 'switches'), { recursive: true })
    if (isOn) writeFileSync(file, '')
    else rmSync(file, { force: true })
    this.#world.timeline.add(isOn ? `${name}-on` : `${name}-off`, this.#workload.name)
  }

  /** From now on this node's kube-proxy needs so long to write what it has read, as on a node without CPU to spare. */
  slowKubeProxy(node: number, lagSeconds: number): void {
    ;(this.#proxies[node] as KubeProxy).lagSeconds = lagSeconds
    this.#world.timeline.add('kube-proxy-slow', addresses.node(node), { lagSeconds })
  }

  get workload(): Workload {
    return this.#workload
  }

  /** What the endpoint slice says: the pods that the Service selects. */
  get endpoints(): readonly Pod[] {
    return this.#isSelected ? this.pods : []
  }

  async #remove(pod: Pod): Promise<void> {
    await pod.terminate()
    this.pods.splice(this.pods.indexOf(pod), 1)
    this.gone.push(pod)
  }

  /** From now on no change of pods is followed; what is under way ends first, however it ends. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const proxy of this.#proxies) clearTimeout(proxy.timer)
    for (const timer of this.#controllerTimers) clearTimeout(timer)
    await Promise.allSettled([...this.#proxies.map((proxy) => proxy.syncing), this.#registering])
  }

  async destroy(): Promise<void> {
    await this.close()
    await Promise.all(this.pods.map((pod) => pod.destroy()))
  }

  /** Deletes a pod; its replacement starts on the given node, the other one being full or cordoned. */
  async reschedule(pod: number, node: number): Promise<void> {
    const old = this.pods[pod]
    await Promise.all([this.#addPod(node), old ? this.#remove(old) : undefined])
  }

  async #addPod(onNode?: number): Promise<void> {
    const placement = this.#workload.placement
    const node = onNode ?? placement?.[this.#created % placement.length] ?? this.#created % this.#nodes
    this.#created += 1
    const name = `${this.#workload.name}-${this.#created}`
    const pod = new Pod(name, node, this.template, this.#world, () => this.#scheduleSync())
    this.pods.push(pod)
    await pod.start()
  }

  #targetOf(pod: Pod): string {
    return `${pod.address}:${this.template.port}`
  }

  #scheduleSync(): void {
    if (this.#isClosed) return
    for (const [node, proxy] of this.#proxies.entries())
      proxy.timer ??= setTimeout(() => {
        proxy.timer = undefined
        proxy.syncing = proxy.syncing.then(() => this.#sync(node, proxy))
      }, this.#timings.kubeProxySeconds * 1000)
    if (this.#targetType !== 'ip') return
    const timer = setTimeout(() => {
      this.#controllerTimers.delete(timer)
      this.#registering = this.#registering.then(() => this.#reconcileTargets())
    }, this.#timings.controllerSeconds * 1000)
    this.#controllerTimers.add(timer)
  }

  /** As the load balancer controller does: ready pods are registered, all others are not. */
  async #reconcileTargets(): Promise<void> {
    const registry = this.#registry
    if (!registry || this.#isClosed) return
    const wanted = new Set(this.endpoints.filter((pod) => pod.isServing).map((pod) => this.#targetOf(pod)))
    for (const target of wanted) {
      if (this.#registered.has(target)) continue
      this.#registered.add(target)
      await registry.register(target)
      this.#world.timeline.add('register', target)
    }
    for (const target of [...this.#registered]) {
      if (wanted.has(target)) continue
      this.#registered.delete(target)
      await registry.deregister(target)
      this.#world.timeline.add('deregister', target)
    }
  }

  /** One sync at a time: what changes while a slow one runs is in the next. */
  async #sync(node: number, { lagSeconds }: KubeProxy): Promise<void> {
    if (this.#isClosed) return
    const serving = this.endpoints.filter((pod) => pod.isServing)
    if (lagSeconds > 0) await sleep(lagSeconds * 1000)
    await this.#writeRules(node, serving)
  }

  async #writeRules(node: number, serving: readonly Pod[]): Promise<void> {
    if (this.#isClosed || this.#workload.isHeadless) return
    const policy = this.#workload.externalTrafficPolicy ?? 'Cluster'
    const endpoints = serving.map((pod) => ({
      address: pod.address,
      port: this.template.port,
      isLocal: pod.node === node,
    }))
    const rules = renderKubeProxyRules({
      namespace: 'shop',
      name: this.#workload.name,
      portName: 'http',
      clusterIp,
      port: 80,
      nodePort,
      externalTrafficPolicy: policy,
      masqueradePorts: this.#workload.masqueradePorts,
      podNetwork,
      endpoints,
    })
    const hostName = host(node)
    await mustRun(['ip', 'netns', 'exec', hostName, 'iptables-restore', '-w'], rules)
    writeFileSync(join(this.#world.scratchFolder, `${hostName}.iptables`), rules)
    const usable = policy === 'Local' ? serving.filter((pod) => pod.node === node) : serving
    const state = endpoints.length === 0 ? 'REJECT' : usable.length === 0 ? 'DROP' : 'DNAT'
    this.#world.timeline.add('rules', `${addresses.node(node)}:${nodePort}`, {
      state,
      endpoints: usable.length,
      pods: usable.map((pod) => pod.name).join(' '),
    })
  }
}

interface KubeProxy {
  timer: NodeJS.Timeout | undefined
  lagSeconds: number
  syncing: Promise<void>
}

/** Its network namespace. */
function host(node: number): string {
  return `node-${node + 1}`
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
