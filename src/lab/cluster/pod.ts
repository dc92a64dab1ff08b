import type { ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Timeline } from '../run/timeline.ts'
import { type Launch, launch } from '../servers/launch.ts'
import type { PythonFlavour } from '../servers/python.ts'
import type { Server } from '../servers/server.ts'
import { addresses, type Network } from '../world/network.ts'
import { type CpuStat, holdCpuLimit } from './cpu-limit.ts'
import type { EventRecorder } from './events.ts'
import { type Probe, Prober } from './prober.ts'

export interface Container {
  readonly name: string
  readonly server: Server
  readonly port: number
  /** Sleep before the stop signal. */
  readonly preStopSeconds?: number
  /** `resources.limits.cpu`, in CPUs; of its main process. */
  readonly cpuLimit?: number
}

/** A Pod template of the lab. */
export interface PodTemplate {
  readonly containers: readonly Container[]
  /** The container port that the Service targets. */
  readonly port: number
  readonly readiness?: Probe
  readonly liveness?: Probe
  /** Without a readiness probe: ready when the container runs, as Kubernetes does it, not when its port listens. */
  readonly isReadyAtOnce?: boolean
  readonly gracePeriodSeconds?: number
  /** `net.core.somaxconn` of the pod's network namespace. */
  readonly somaxconn?: number
  /** CrashLoopBackOff's steps: Kubernetes waits 10 s, 20 s, 40 s ... to 300 s. */
  readonly backOffSeconds?: readonly number[]
}

export interface PodWorld {
  readonly network: Network
  readonly timeline: Timeline
  readonly events: EventRecorder
  readonly python: PythonFlavour | undefined
  /** Where the witnesses' logs go. */
  readonly logFolder: string
  /** Where files go that the diagnosis never sees. */
  readonly truthFolder: string
  readonly scratchFolder: string
}

export interface ContainerState {
  readonly container: Container
  process: ChildProcess | undefined
  launch: Launch | undefined
  restarts: number
  startedMs: number | undefined
  lastExit:
    | { readonly code: number; readonly reason: string; readonly startedMs: number; readonly endedMs: number }
    | undefined
  waitingReason: string | undefined
}

/** One pod: its network, its containers' processes, their logs, probes and restarts. */
export class Pod {
  readonly name: string
  readonly node: number
  readonly template: PodTemplate
  readonly createdMs = Date.now()
  readonly containers: ContainerState[]
  address = ''
  isReady = false
  isTerminating = false
  readyMs: number | undefined
  readonly #world: PodWorld
  readonly #onReadyChange: () => void
  #readiness: Prober | undefined
  #liveness: Prober | undefined
  #restartTimers = new Set<NodeJS.Timeout>()
  #probeStarts = 0

  constructor(name: string, node: number, template: PodTemplate, world: PodWorld, onReadyChange: () => void) {
    this.name = name
    this.node = node
    this.template = template
    this.#world = world
    this.#onReadyChange = onReadyChange
    this.containers = template.containers.map((container) => ({
      container,
      process: undefined,
      launch: undefined,
      restarts: 0,
      startedMs: undefined,
      lastExit: undefined,
      waitingReason: 'ContainerCreating',
    }))
  }

  async start(): Promise<void> {
    this.address = await this.#world.network.addPod(this.name, this.node)
    // A new network namespace starts from the kernel's own defaults, not from the node's tuned values.
    if (this.template.somaxconn !== undefined)
      await this.#world.network.sysctl(this.name, { 'net.core.somaxconn': this.template.somaxconn })
    this.#event(
      'Normal',
      'Scheduled',
      `Successfully assigned shop/${this.name} to ${this.#nodeName()}`,
      'default-scheduler',
    )
    for (const state of this.containers) this.#startContainer(state)
    void this.#probeWhenStarted()
  }

  /**
   * Like a startupProbe (tcpSocket) on every container: a proxy that answers for an application which does not listen yet
   * is not ready. What an earlier container had passed counts for nothing (pkg/kubelet/prober: worker.doProbe).
   */
  async #probeWhenStarted(): Promise<void> {
    if (this.template.isReadyAtOnce && !this.template.readiness) return this.#setReady(true)
    const start = ++this.#probeStarts
    this.#stopProbes()
    const isCurrent = (): boolean => !this.isTerminating && start === this.#probeStarts
    await this.waitListening(isCurrent)
    if (isCurrent()) this.#startProbes()
  }

  async waitListening(isWaited: () => boolean = () => !this.isTerminating): Promise<void> {
    for (const { container } of this.containers)
      while (isWaited() && !(await canConnect(this.address, container.port))) await sleep(100)
  }

  #stopProbes(): void {
    this.#readiness?.stop()
    this.#liveness?.stop()
  }

  /** What the endpoint controller asks. */
  get isServing(): boolean {
    return this.isReady && !this.isTerminating
  }

  /** Kubernetes' way to end a pod: preStop, the stop signal, the rest of the grace period, SIGKILL. */
  async terminate(): Promise<void> {
    if (this.isTerminating) return
    this.isTerminating = true
    this.#world.timeline.add('pod-terminating', this.name)
    this.#onReadyChange()
    const graceEndMs = Date.now() + (this.template.gracePeriodSeconds ?? 30) * 1000
    this.#stopProbes()
    for (const timer of this.#restartTimers) clearTimeout(timer)
    await Promise.all(this.containers.map((state) => this.#stopContainer(state, graceEndMs)))
    // The sandbox, and with it the address, outlives the containers by a moment: until then the kernel refuses.
    await sleep(1500)
    this.#world.timeline.add('pod-gone', this.name)
    await this.#world.network.removePod(this.name)
  }

  /** Ends a container as the kernel's out-of-memory killer would: everything in it, at once. */
  killContainer(name: string, reason: 'OOMKilled' | 'Error'): void {
    const state = this.#state(name)
    this.#world.timeline.add('container-killed', this.name, { container: name, reason })
    state.waitingReason = reason
    signalGroup(state.process, 'SIGKILL')
  }

  /** Stops the process without a restart, until {@link startContainer}: an upstream that is down. */
  async stopContainer(name: string): Promise<void> {
    const state = this.#state(name)
    const process = state.process
    state.process = undefined
    this.#world.timeline.add('container-stopped', this.name, { container: name })
    await endProcess(process, 'SIGKILL', 0)
  }

  startContainer(name: string): void {
    this.#world.timeline.add('container-started', this.name, { container: name })
    this.#startContainer(this.#state(name))
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#world.timeline.add('container-signalled', this.name, { container: name, signal })
    this.#state(name).process?.kill(signal)
  }

  /** Stops a container for a moment, as an exhausted CPU quota does. */
  async pause(name: string, pauseMs: number): Promise<void> {
    const { process } = this.#state(name)
    signalGroup(process, 'SIGSTOP')
    await sleep(pauseMs)
    signalGroup(process, 'SIGCONT')
  }

  /** At the end of a run: everything at once. */
  async destroy(): Promise<void> {
    this.isTerminating = true
    this.#stopProbes()
    for (const timer of this.#restartTimers) clearTimeout(timer)
    await Promise.all(this.containers.map((state) => endProcess(state.process, 'SIGKILL', 0)))
  }

  #startContainer(state: ContainerState): void {
    const { container } = state
    const folder = join(this.#world.scratchFolder, this.name, container.name)
    mkdirSync(folder, { recursive: true })
    const behind = this.template.containers.find((other) => other !== container)
    const made = launch(container.server, {
      python: this.#world.python,
      folder,
      port: container.port,
      appPort: behind?.port ?? container.port,
      seenFile: join(this.#world.truthFolder, 'seen-by-app.log'),
      switchFolder: join(this.#world.scratchFolder, 'switches'),
      errorsFile: join(this.#world.truthFolder, 'app-errors.ndjson'),
      accessLog: join(this.#world.logFolder, `nginx-${this.name}.access.log`),
      errorLog: join(this.#world.logFolder, `nginx-${this.name}.error.log`),
    })
    const child = this.#world.network.spawn(this.name, made.argv, made.env, folder)
    child.stdin?.end()
    const startedMs = Date.now()
    state.process = child
    state.launch = made
    state.startedMs = startedMs
    state.waitingReason = undefined
    this.#event('Normal', 'Started', `Started container ${container.name}`, 'kubelet')
    this.#collect(child, container)
    if (container.cpuLimit !== undefined && child.pid !== undefined)
      this.#holdCpuLimit(child.pid, container.name, container.cpuLimit)
    child.on('exit', (code, signal) => {
      if (state.process !== child) return
      state.process = undefined
      const exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)
      const hasLimit = 'app' in container.server && container.server.app?.memoryLimitMb !== undefined
      const isOutOfMemory = state.waitingReason === 'OOMKilled' || (hasLimit && signal === 'SIGKILL')
      const reason = isOutOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error'
      state.lastExit = { code: exitCode, reason, startedMs, endedMs: Date.now() }
      if (this.isTerminating) return
      this.#world.timeline.add('container-exited', this.name, { container: container.name, exitCode, reason })
      this.#stopProbes()
      this.#setReady(false)
      this.#scheduleRestart(state)
    })
  }

  #holdCpuLimit(pid: number, container: string, cpus: number): void {
    let before: CpuStat | undefined
    let wasStopped = false
    holdCpuLimit(pid, cpus, (stat) => {
      const row = { pod: this.name, container, ...stat }
      appendFileSync(join(this.#world.truthFolder, 'cpu-stat.ndjson'), `${JSON.stringify(row)}\n`)
      const periods = stat.nr_periods - (before?.nr_periods ?? 0)
      const isStopped = stat.nr_throttled - (before?.nr_throttled ?? 0) > periods / 2
      before = stat
      if (isStopped === wasStopped) return
      wasStopped = isStopped
      this.#world.timeline.add(isStopped ? 'cpu-throttled-on' : 'cpu-throttled-off', this.name)
    })
  }

  /** The first restart comes at once, later ones wait (pkg/kubelet/kuberuntime: doBackOff). */
  #scheduleRestart(state: ContainerState): void {
    const steps = this.template.backOffSeconds ?? [10, 20, 40]
    const wait = state.restarts === 0 ? 0.2 : (steps[Math.min(state.restarts, steps.length) - 1] ?? 10)
    state.restarts += 1
    if (wait >= 1) {
      state.waitingReason = 'CrashLoopBackOff'
      this.#event(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${state.container.name} in pod ${this.name}`,
        'kubelet',
      )
    }
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer)
      if (this.isTerminating) return
      this.#startContainer(state)
      void this.#probeWhenStarted()
    }, wait * 1000)
    this.#restartTimers.add(timer)
  }

  async #stopContainer(state: ContainerState, graceEndMs: number): Promise<void> {
    this.#event('Normal', 'Killing', `Stopping container ${state.container.name}`, 'kubelet')
    const preStopMs = Math.min((state.container.preStopSeconds ?? 0) * 1000, graceEndMs - Date.now())
    if (preStopMs > 0) await sleep(preStopMs)
    const signal = state.launch?.stopSignal ?? 'SIGTERM'
    this.#world.timeline.add('container-signalled', this.name, { container: state.container.name, signal })
    const wasKilled = await endProcess(state.process, signal, Math.max(0, graceEndMs - Date.now()))
    if (wasKilled)
      this.#world.timeline.add('container-killed', this.name, {
        container: state.container.name,
        reason: 'grace period',
      })
  }

  #startProbes(): void {
    const { readiness, liveness } = this.template
    if (readiness) {
      this.#readiness = new Prober(this.address, readiness, false, (result, isPassing, hasChanged) => {
        if (!result.isSuccess && (this.isReady || hasChanged))
          this.#event('Warning', 'Unhealthy', `Readiness probe failed: ${result.message}`, 'kubelet')
        if (!result.isSuccess && this.isReady) this.#world.timeline.add('readiness-probe-failed', this.name)
        if (hasChanged) this.#setReady(isPassing)
      })
      this.#readiness.start()
    } else {
      // Without a readiness probe a running container is ready; the lab waits for its port so that a start is no failure.
      const started: Probe = {
        path: '/',
        port: this.template.port,
        periodSeconds: 0.2,
        timeoutSeconds: 5,
        failureThreshold: 1,
        successThreshold: 1,
      }
      const prober = new Prober(this.address, started, false, (_result, isPassing) => {
        if (!isPassing) return
        prober.stop()
        this.#setReady(true)
      })
      this.#readiness = prober
      prober.start()
    }
    if (liveness) {
      this.#liveness = new Prober(this.address, liveness, true, (result, isPassing, hasChanged) => {
        if (!result.isSuccess)
          this.#event('Warning', 'Unhealthy', `Liveness probe failed: ${result.message}`, 'kubelet')
        if (hasChanged && !isPassing) void this.#restartByLiveness()
      })
      this.#liveness.start()
    }
  }

  async #restartByLiveness(): Promise<void> {
    const state =
      this.containers.find((one) => one.container.port === this.template.liveness?.port) ?? this.containers[0]
    if (!state) return
    const name = state.container.name
    this.#event('Normal', 'Killing', `Container ${name} failed liveness probe, will be restarted`, 'kubelet')
    this.#world.timeline.add('liveness-kill', this.name, { container: name })
    await endProcess(state.process, 'SIGTERM', (this.template.gracePeriodSeconds ?? 30) * 1000)
  }

  #setReady(isReady: boolean): void {
    if (this.isReady === isReady) return
    this.isReady = isReady
    if (isReady) this.readyMs ??= Date.now()
    this.#world.timeline.add(isReady ? 'pod-ready' : 'pod-unready', this.name)
    this.#onReadyChange()
  }

  #state(name: string): ContainerState {
    const state = this.containers.find((one) => one.container.name === name)
    if (!state) throw new Error(`Pod ${this.name} has no container ${name}`)
    return state
  }

  #nodeName(): string {
    return addresses.nodeName(this.node)
  }

  /** Lines as a log collector writes them: time of receipt, pod, text. */
  #collect(child: ChildProcess, container: Container): void {
    const isProxy = container.server.kind === 'nginx' || container.server.kind === 'haproxy'
    const file = join(this.#world.logFolder, isProxy ? `${container.server.kind}.log` : 'app.log')
    const label = this.template.containers.length > 1 ? `${this.name}-${container.name}` : this.name
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) =>
        appendFileSync(file, `${new Date().toISOString()} [${label}] ${line}\n`),
      )
    }
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, component: string): void {
    this.#world.events.record({
      type,
      reason,
      message,
      kind: 'Pod',
      name: this.name,
      component,
      host: this.#nodeName(),
    })
  }
}

/** Signals the main process, waits, then SIGKILLs what is left. Resolves to whether SIGKILL was needed. */
async function endProcess(child: ChildProcess | undefined, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return false
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (signal !== 'SIGKILL') child.kill(signal)
  const hasEnded = graceMs > 0 && (await Promise.race([ended.then(() => true), sleep(graceMs).then(() => false)]))
  // Workers outlive a killed master, so the whole group goes.
  signalGroup(child, 'SIGKILL')
  if (!hasEnded) await ended
  return !hasEnded && signal !== 'SIGKILL'
}

function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 })
    const finish = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.on('connect', () => finish(true))
    socket.on('timeout', () => finish(false))
    socket.on('error', () => finish(false))
  })
}
