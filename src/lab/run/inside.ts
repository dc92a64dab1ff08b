// The first process of a world: builds the network, starts the parts, drives traffic and faults, writes the records.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { Cluster } from '../cluster/cluster.ts'
import { EventRecorder } from '../cluster/events.ts'
import { writeKubernetesObjects } from '../cluster/objects.ts'
import type { PodWorld } from '../cluster/pod.ts'
import { findFix } from '../fixes/find-fix.ts'
import { scenarioById } from '../scenarios/catalogue.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { requirePython } from '../servers/python.ts'
import { collectVersions } from '../servers/versions.ts'
import type { ClientJob } from '../traffic/client.ts'
import { planTraffic } from '../traffic/plan.ts'
import { scaleTraffic } from '../traffic/traffic.ts'
import { lastWords } from '../world/enter.ts'
import { addresses, Network } from '../world/network.ts'
import { requirePrograms } from '../world/requirements.ts'
import { type RunFolders, runFolders } from './folders.ts'
import type { RunJob, RunMessage } from './job.ts'
import { controlSocketPath, LoadBalancer, loadBalancerPort } from './load-balancer.ts'
import { NameServer } from './name-server.ts'
import { Services } from './services.ts'
import { Timeline } from './timeline.ts'

const loadBalancerNodes = 2
const clientModule = new URL('../traffic/client.js', import.meta.url).pathname

const abort = new AbortController()
// The pipe from outside is the lifeline: its end means Ctrl-C there, or that the process there is gone.
process.stdin.on('end', () => abort.abort())
process.stdin.on('error', () => abort.abort())
process.stdin.resume()

// What breaks in a callback, such as a program that cannot be started, breaks the run: then the run says so.
process.on('uncaughtException', (error) => {
  fail(error)
  process.exit(1)
})

void live()

async function live(): Promise<void> {
  try {
    const isComplete = await runInside(JSON.parse(process.argv[2] ?? '') as RunJob, abort.signal)
    say({ kind: 'done', isComplete })
    process.exitCode = 0
  } catch (error) {
    fail(error)
  }
  // Leaving ends the namespace's other processes; what they wrote is on disk by now.
  setTimeout(() => process.exit(), 50)
}

async function runInside(job: RunJob, signal: AbortSignal): Promise<boolean> {
  const scenario = withFix(scenarioById(job.scenario), job.fix)
  const folders = runFolders(job.folder)
  for (const folder of [folders.incident, folders.kubernetes, folders.truth, folders.scratch])
    mkdirSync(folder, { recursive: true })

  const kinds = [scenario.workload, ...(scenario.behind ? [scenario.behind] : [])].flatMap(({ template }) =>
    template.containers.map((container) => container.server.kind),
  )
  const needsCertificate = scenario.workload.template.containers.some(
    ({ server }) => server.kind === 'uvicorn' && server.isTls,
  )
  requirePrograms([
    ...(needsCertificate ? (['openssl'] as const) : []),
    ...(kinds.includes('nginx') ? (['nginx'] as const) : []),
    ...(kinds.includes('haproxy') ? (['haproxy'] as const) : []),
    ...(scenario.roundTripMs === undefined ? [] : (['python3'] as const)),
  ])
  const needsPython = kinds.includes('uvicorn') || kinds.includes('gunicorn')
  const python = needsPython ? await requirePython(kinds.includes('gunicorn')) : undefined
  const versions = await collectVersions(kinds, python)

  say({
    kind: 'step',
    text: `network: client, load balancer with ${loadBalancerNodes} nodes, ${scenario.nodes} Kubernetes nodes`,
  })
  const network = new Network({
    loadBalancerNodes,
    nodes: scenario.nodes,
    ...(scenario.roundTripMs === undefined ? {} : { roundTripMs: scenario.roundTripMs }),
  })
  await network.build()
  const services = new Services(network)
  for (const { name, program } of scenario.services ?? []) await services.start(name, program)

  let trafficStartMs: number | undefined
  const timeline = new Timeline((event) => {
    const atSeconds = trafficStartMs === undefined ? 0 : (event.timeMs - trafficStartMs) / 1000
    const detail = Object.entries(event.detail ?? {}).map(([key, value]) => `${key}=${value}`)
    say({ kind: 'event', atSeconds, text: [event.event, event.subject, ...detail].filter(Boolean).join(' ') })
  })
  const world: PodWorld = {
    network,
    timeline,
    events: new EventRecorder(),
    python,
    logFolder: folders.incident,
    truthFolder: folders.truth,
    scratchFolder: folders.scratch,
  }
  const timings = { kubeProxySeconds: 0.3, controllerSeconds: 0.5, ...scenario.timings }
  const cluster = new Cluster(world, scenario.workload, scenario.nodes, scenario.targetType, timings)
  const behind = scenario.behind && new Cluster(world, scenario.behind, scenario.nodes, 'ip', timings)
  const nameServer: NameServer | undefined =
    behind &&
    new NameServer(`${behind.workload.name}.shop.svc.cluster.local`, () =>
      behind.endpoints.filter((pod) => pod.isServing).map((pod) => pod.address),
    )
  const loadBalancer = new LoadBalancer({
    network,
    application: scenario.application,
    targetType: scenario.targetType,
    settings: scenario.loadBalancer ?? {},
    services,
    logFolder: folders.incident,
    factsFile: join(folders.truth, 'facts.ndjson'),
    cloudwatchFile: join(folders.incident, 'cloudwatch.json'),
    controlSocket: controlSocketPath(folders.scratch),
  })
  const startedMs = Date.now()
  try {
    await nameServer?.start(folders.scratch)
    for (const each of behind ? [behind, cluster] : [cluster]) {
      say({ kind: 'step', text: `pods: ${each.workload.replicas} of ${each.workload.name}` })
      await each.start(signal)
    }
    if (signal.aborted) return false
    const targets = cluster.initialTargets()
    await loadBalancer.start(targets)
    for (const target of targets) timeline.add('register', target)
    cluster.connect(loadBalancer)
    // Two rounds of health checks, so that the story begins with healthy targets.
    await sleep(1200, signal)
    if (signal.aborted) return false
    trafficStartMs = Date.now()
    timeline.add('traffic-start')
    say({ kind: 'step', text: `traffic: ${scenario.traffic.seconds} s, seed ${job.seed}` })
    const incidentFolder = folders.incident
    const controls = { network, cluster, behind, loadBalancer, services, timeline, incidentFolder, signal }
    await driveTraffic(scenario, job, folders, controls, signal)
    timeline.add('traffic-end')
  } finally {
    await writeCounters(network, cluster, folders, scenario)
    // Else a change of pods would look for a load balancer, or for a folder, that is not there any more.
    await cluster.close()
    await behind?.close()
    await loadBalancer.stop()
    services.close()
    const loadBalancerName = loadBalancer.name
    writeKubernetesObjects(folders.kubernetes, cluster, behind, world.events, scenario)
    await cluster.destroy()
    await behind?.destroy()
    nameServer?.close()
    dropNamespaceNoise(folders.incident)
    const about = {
      scenario: scenario.id,
      title: scenario.title,
      fix: job.fix ?? null,
      seed: job.seed,
      traffic: job.traffic,
      complete: !signal.aborted,
      loadBalancer: loadBalancerName,
      nodeAddresses: Array.from({ length: loadBalancerNodes }, (_, n) => addresses.loadBalancerNode(n)),
      targetGroupArn: loadBalancer.targetGroupArn,
      targetType: scenario.targetType,
      settings: {
        idleTimeoutSeconds: 60,
        deregistrationDelaySeconds: 300,
        connectTimeoutSeconds: 10,
        ...scenario.loadBalancer,
      },
      roundTripMs: scenario.roundTripMs ?? 0,
      workload: scenario.workload,
      scaled: scenario.scaled,
      versions,
      pods: [cluster, ...(behind ? [behind] : [])]
        .flatMap(({ pods, gone }) => [...pods, ...gone])
        .map((pod) => ({
          name: pod.name,
          address: pod.address,
          node: `node-${pod.node + 1}`,
        })),
      started: new Date(startedMs).toISOString(),
      trafficStart: trafficStartMs === undefined ? null : new Date(trafficStartMs).toISOString(),
      ended: new Date().toISOString(),
    }
    writeFileSync(join(folders.truth, 'about.json'), `${JSON.stringify(about, null, 2)}\n`)
    writeFileSync(
      join(folders.truth, 'timeline.ndjson'),
      timeline.events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    )
    rmSync(folders.scratch, { recursive: true, force: true })
  }
  return !signal.aborted
}

function withFix(scenario: Scenario, fix: string | undefined): Scenario {
  if (fix === undefined) return scenario
  const found = findFix(scenario, fix)
  if (!found) throw new Error(`${scenario.id} has no fix ${fix}`)
  return found.apply(scenario)
}

async function driveTraffic(
  scenario: Scenario,
  job: RunJob,
  folders: RunFolders,
  controls: Parameters<NonNullable<Scenario['faults']>[number]['apply']>[0],
  signal: AbortSignal,
): Promise<void> {
  const clientJob: ClientJob = {
    plan: planTraffic(scaleTraffic(scenario.traffic, job.traffic), loadBalancerNodes, job.seed),
    nodes: Array.from({ length: loadBalancerNodes }, (_, n) => `${addresses.loadBalancerNode(n)}:${loadBalancerPort}`),
    host: 'www.shop.example',
    output: join(folders.truth, 'client.ndjson'),
  }
  const jobFile = join(folders.scratch, 'client-job.json')
  writeFileSync(jobFile, JSON.stringify(clientJob))
  const client = controls.network.spawn('client', [process.execPath, clientModule, jobFile])
  client.stdin?.end()
  let stderr = ''
  client.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  client.stdout?.resume()
  const ended = new Promise<void>((resolve, reject) =>
    client.on('close', (code) =>
      code === 0 || signal.aborted
        ? resolve()
        : reject(new Error(`The traffic ended with ${code}: ${lastWords(stderr)}`)),
    ),
  )
  signal.addEventListener('abort', () => client.kill('SIGKILL'), { once: true })
  const startMs = performance.now()
  const faults = [...(scenario.faults ?? [])].sort((a, b) => a.atSeconds - b.atSeconds)
  const running: Promise<void>[] = []
  for (const fault of faults) {
    await sleep(fault.atSeconds * 1000 - (performance.now() - startMs), signal)
    if (signal.aborted) break
    controls.timeline.add('fault', fault.what)
    running.push(Promise.resolve(fault.apply(controls)))
  }
  await Promise.all([...running, ended])
}

/** Counters that prove the physics: where SYNs were dropped, how many ICMP errors were held back. */
async function writeCounters(
  network: Network,
  cluster: Cluster,
  folders: RunFolders,
  scenario: Scenario,
): Promise<void> {
  const counters: Record<string, Record<string, number>> = {}
  for (let n = 0; n < scenario.nodes; n++)
    counters[`node-${n + 1}`] = await network.counters(`node-${n + 1}`, [
      'IcmpOutDestUnreachs',
      'IcmpOutRateLimitHost',
      'IcmpOutRateLimitGlobal',
    ])
  for (const pod of cluster.pods)
    counters[pod.name] = await network.counters(pod.name, [
      'TcpExtListenOverflows',
      'TcpExtListenDrops',
      'TcpExtTCPReqQFullDoCookies',
    ])
  counters.lb = await network.counters('lb', ['TcpRetransSegs', 'TcpExtTCPSynRetrans'])
  writeFileSync(join(folders.truth, 'counters.json'), `${JSON.stringify(counters, null, 2)}\n`)
}

/** In a user namespace nginx cannot set its groups, says so and goes on; no real pod writes that line. */
function dropNamespaceNoise(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.error.log')) continue
    const file = join(folder, name)
    const lines = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, lines.filter((line) => !line.includes('initgroups(')).join('\n'))
  }
}

function fail(error: unknown): void {
  say({
    kind: 'failed',
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof AppError ? { code: error.code, hint: error.hint, exit: error.exit } : {}),
  })
  if (!(error instanceof AppError)) console.error(error)
  process.exitCode = 1
}

function say(message: RunMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
