import type { Random } from '../traffic/random.ts'
import type { MadeCase } from './made-incidents.ts'
import { type MadeIncident, MadeLog } from './made-log.ts'
import { type Causes, Endpoint, type Fault, Pod, type Route, type ServerSettings, World } from './made-world.ts'

const minute = 60_000
const never = Number.POSITIVE_INFINITY

const uvicorn: ServerSettings = {
  keepAliveMs: 5_000,
  sweepMs: 0,
  workers: 1,
  slots: never,
  acceptsWhenFree: false,
  backlog: 2_048,
  resetsOnWake: false,
  workerTimeoutMs: never,
}
const safe: ServerSettings = { ...uvicorn, keepAliveMs: 75_000 }

/** What the servers of causes.md section 2 do with an idle connection. */
const racing: readonly ServerSettings[] = [
  uvicorn,
  { ...uvicorn, keepAliveMs: 6_000, resetsOnWake: true, backlog: 511 },
  { ...uvicorn, keepAliveMs: 5_000, resetsOnWake: true, backlog: 511 },
  { ...uvicorn, keepAliveMs: 2_000, workers: 2 },
  { ...uvicorn, keepAliveMs: 2_000, sweepMs: 500, slots: 8 },
  { ...uvicorn, keepAliveMs: 10_000 },
  { ...uvicorn, keepAliveMs: 20_000, slots: 200 },
  { ...uvicorn, keepAliveMs: 30_000, slots: 200 },
]

interface Setting {
  readonly log: MadeLog
  readonly world: World
  readonly random: Random
  readonly endpoints: readonly Endpoint[]
  readonly pods: readonly Pod[]
  readonly untilMs: number
  /** Requests a second of all visitors. */
  readonly perSecond: number
}

function lognormal(random: Random, medianMs: number, sigma = 0.8): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Math.min(8_000, medianMs * Math.exp(sigma * normal))
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next()
}

/** Between the two, every power of ten as likely. */
function spread(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next()
}

function ordinaryRoutes(random: Random): Route[] {
  const medianMs = spread(random, 4, 60)
  const quick = (each: Random): number => lognormal(each, medianMs)
  return [
    { method: 'GET', path: () => '/', weight: 3, serviceMs: quick },
    { method: 'GET', path: (each) => `/api/products/${each.integer(3_000)}`, weight: 4, serviceMs: quick },
    { method: 'GET', path: (each) => `/search?q=lamp&page=${each.integer(40)}`, weight: 2, serviceMs: quick },
    { method: 'POST', path: (each) => `/api/cart/${each.integer(500)}`, weight: 2, serviceMs: quick },
    { method: 'GET', path: () => '/old/catalogue', weight: 0.4, serviceMs: (each) => lognormal(each, 3) },
  ]
}

interface Wanted {
  readonly server: ServerSettings
  readonly isNodePort?: boolean
  readonly targets?: number
  readonly podsPerTarget?: number
  readonly perSecond?: number
  readonly minutes?: number
  readonly idleTimeoutMs?: number
  readonly nodes?: number
}

function setUp(seed: number, wanted: Wanted): Setting {
  const log = new MadeLog(seed, wanted.isNodePort ? 'k8s-shop-web-0a9b8c7d6e' : 'shop', wanted.nodes ?? 2)
  const { random } = log
  const world = new World(log, {
    nodes: wanted.nodes ?? 2,
    idleTimeoutMs: wanted.idleTimeoutMs ?? random.pick([60_000, 60_000, 60_000, 30_000, 120_000]),
    roundTripMs: spread(random, 0.4, 3),
    noticeMs: spread(random, 0.5, 15),
    takesNewest: random.next() < 0.5,
    hasLinearLadder: random.next() < 0.6,
  })
  const targets = wanted.targets ?? 1 + random.integer(4)
  const pods: Pod[] = []
  for (let n = 0; n < targets; n++) {
    const mine = Array.from({ length: wanted.podsPerTarget ?? 1 }, () => new Pod(world, wanted.server))
    pods.push(...mine)
    const address = wanted.isNodePort ? `10.0.16.${11 + n}:30080` : `10.0.${32 + (n % 2)}.${10 + n}:8000`
    world.endpoints.push(new Endpoint(address, wanted.isNodePort ?? false, mine))
  }
  return {
    log,
    world,
    random,
    endpoints: [...world.endpoints],
    pods,
    untilMs: (wanted.minutes ?? between(random, 3.5, 6)) * minute,
    perSecond: wanted.perSecond ?? spread(random, 1, 20),
  }
}

function visit(setting: Setting, routes: readonly Route[], clientMs?: number): void {
  const { world, random, untilMs, perSecond } = setting
  const total = routes.reduce((sum, route) => sum + route.weight, 0)
  const isCrowded = random.next() < 0.4
  const next = (): void => {
    let left = random.next() * total
    const route = routes.find((each) => {
      left -= each.weight
      return left <= 0
    })
    if (route) world.send(route, clientMs === undefined ? {} : { clientMs })
    // Crowds come and go.
    const crowd = isCrowded ? 1 + 0.8 * Math.sin(world.now / 7_100) * Math.sin(world.now / 23_000) : 1
    const at = world.now + random.exponential(1000 / (perSecond * crowd))
    if (at < untilMs) world.at(at, next)
  }
  world.at(random.exponential(1000 / perSecond), next)
}

/** Boards, jobs and monitors: each asks again a fixed time after its last answer, or by the clock. */
function poll(setting: Setting, pollers: number, periodMs: number, jitterMs: number, routes: readonly Route[]): void {
  const { world, random, untilMs } = setting
  for (let poller = 0; poller < pollers; poller++) {
    const route = random.pick(routes)
    const afterAnswer = random.next() < 0.6
    const ask = (): void => {
      if (world.now > untilMs) return
      const again = (): void => world.at(world.now + Math.max(50, periodMs + jitterMs * (random.next() - 0.5)), ask)
      world.send(route, { client: poller, ...(afterAnswer ? { onDone: again } : {}) })
      if (!afterAnswer) again()
    }
    world.at(random.next() * Math.min(periodMs, 20_000), ask)
  }
}

/** Wall boards: all widgets at once, again a fixed time after the last of their answers. */
function boards(setting: Setting, many: number, periodMs: number, jitterMs: number, routes: readonly Route[]): void {
  const { world, random, untilMs } = setting
  for (let board = 0; board < many; board++) {
    const widgets = 2 + random.integer(8)
    const refresh = (): void => {
      if (world.now > untilMs) return
      let missing = widgets
      for (let widget = 0; widget < widgets; widget++)
        world.send(random.pick(routes), {
          client: board,
          onDone: () => {
            missing -= 1
            if (missing === 0) world.at(world.now + Math.max(50, periodMs + jitterMs * (random.next() - 0.5)), refresh)
          },
        })
    }
    world.at(random.next() * Math.min(periodMs, 20_000), refresh)
  }
}

function finish({ log, world, untilMs }: Setting): MadeIncident {
  world.run(untilMs + 130_000)
  return log.finish()
}

const healthy: MadeCase = {
  id: 'healthy',
  story: 'Nothing fails, whatever the traffic.',
  make: (seed) => {
    const setting = setUp(seed, { server: safe })
    const routes = ordinaryRoutes(setting.random)
    visit(setting, routes)
    if (setting.random.next() < 0.5) poll(setting, 1 + setting.random.integer(8), 5_000, 20, routes)
    return finish(setting)
  },
}

const keepAlive: MadeCase = {
  id: 'keep-alive-race',
  story: 'A server with a short keep-alive; boards ask again about that long after their last answer.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const server = pick.pick(racing)
    const setting = setUp(seed, {
      server,
      perSecond: spread(pick, 0.2, 4),
      targets: 1 + pick.integer(3),
      isNodePort: pick.next() < 0.3,
      minutes: between(pick, 4, 9),
    })
    const routes = ordinaryRoutes(setting.random)
    visit(setting, routes)
    boards(setting, 1 + pick.integer(4), server.keepAliveMs + between(pick, -25, 15), between(pick, 5, 60), routes)
    if (pick.next() < 0.4) poll(setting, 1 + pick.integer(6), between(pick, 1_000, 15_000), 40, routes)
    return finish(setting)
  },
}

const overflow: MadeCase = {
  id: 'accept-queue-overflow',
  story: 'A blocking handler holds the only loop for seconds while visitors keep connecting to a short queue.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const isNodePort = pick.next() < 0.5
    const setting = setUp(seed, {
      server: { ...safe, keepAliveMs: pick.pick([0, 75_000]), backlog: pick.pick([3, 5, 10, 20]) },
      isNodePort,
      targets: 1 + pick.integer(2),
      perSecond: spread(pick, 6, 25),
    })
    for (const pod of setting.pods) pod.overloadWhy = ['event-loop-blocked', 'worker-pool-exhausted']
    for (const pod of setting.pods)
      pod.slowWhy = ['event-loop-blocked', 'listen-backlog-overflow', 'worker-pool-exhausted']
    const blockMs = between(pick, 3_000, 9_000)
    const from = between(pick, 40_000, 80_000)
    const until = from + between(pick, 40_000, 90_000)
    const routes: Route[] = [
      ...ordinaryRoutes(setting.random),
      {
        method: 'GET',
        path: () => '/reports/monthly',
        weight: 0.6,
        blocks: true,
        serviceMs: (random, atMs) => (atMs > from && atMs < until ? blockMs * (0.8 + 0.4 * random.next()) : 40),
      },
    ]
    visit(setting, routes)
    return finish(setting)
  },
}

const noEndpoints: MadeCase = {
  id: 'service-without-endpoints',
  story: 'The probe of every pod fails for a while: kube-proxy rejects new connections, at the rate that ICMP allows.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: { ...safe, keepAliveMs: pick.pick([0, 5_000, 75_000]) },
      isNodePort: true,
      targets: 1 + pick.integer(3),
      perSecond: spread(pick, 2, 30),
    })
    const { world, endpoints } = setting
    const times = 1 + pick.integer(3)
    for (let n = 0; n < times; n++) {
      const from = between(pick, 40_000, 60_000) + n * 60_000
      const lasts = between(pick, 8_000, 30_000)
      for (const endpoint of endpoints) {
        const pods = endpoint.pods
        world.at(from, () => {
          endpoint.pods = []
        })
        world.at(from + lasts, () => {
          endpoint.pods = pods
        })
      }
    }
    visit(setting, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const crash: MadeCase = {
  id: 'crash-loop',
  story: 'A pod is killed with what it was working on, and its port stays closed until it is started again.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const isNodePort = pick.next() < 0.3
    const setting = setUp(seed, {
      server: safe,
      isNodePort,
      targets: 1 + pick.integer(4),
      perSecond: spread(pick, 2, 20),
    })
    const { world, pods } = setting
    const victim = pods[pick.integer(pods.length)]
    const kills = 1 + pick.integer(4)
    for (let n = 0; n < kills && victim; n++) {
      const at = between(pick, 40_000, 50_000) + n * 50_000
      const isTerm = pick.next() < 0.2
      const died: Causes = ['worker-killed-mid-request', 'shutdown-drops-in-flight', 'liveness-probe-kills-busy-pod']
      const down: Causes = ['connection-refused']
      world.at(at, () => (isTerm ? victim.shutDown(down) : victim.kill(died, down)))
      world.at(at + between(pick, 3_000, 30_000), () => victim.start())
    }
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      { method: 'GET', path: () => '/export', weight: 1, serviceMs: (random) => lognormal(random, 1_500, 0.6) },
    ])
    return finish(setting)
  },
}

const workerTimeout: MadeCase = {
  id: 'worker-timeout',
  story: 'An arbiter kills workers whose loop is held by a slow handler; their companions die with them.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: {
        ...safe,
        workers: 2 + pick.integer(3),
        workerTimeoutMs: pick.pick([3_000, 5_000, 8_000, 15_000, 30_000]),
      },
      targets: 1 + pick.integer(3),
      isNodePort: pick.next() < 0.3,
      perSecond: spread(pick, 2, 20),
    })
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: 'GET',
        path: (random) => `/reports/${random.integer(300)}`,
        weight: spread(pick, 0.03, 0.2),
        blocks: true,
        serviceMs: () => 300_000,
      },
    ])
    return finish(setting)
  },
}

const deploy: MadeCase = {
  id: 'rolling-deploy',
  story: 'Pods are replaced one after another and stop listening before the load balancer stops sending to them.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, targets: 2 + pick.integer(3), perSecond: spread(pick, 2, 25) })
    const { world, endpoints } = setting
    const why: Causes = ['deregistration-race']
    const lagMs = between(pick, 2_000, 20_000)
    const isUnreachable = pick.next() < 0.5
    const dropsInFlight = pick.next() < 0.3
    for (const [n, old] of endpoints.entries()) {
      const at = between(pick, 50_000, 60_000) + n * 25_000
      world.at(at - 2_000, () => {
        world.endpoints.push(new Endpoint(`10.0.${32 + (n % 2)}.${60 + n}:8000`, false, [new Pod(world, safe)]))
      })
      world.at(at, () => {
        for (const pod of old.pods)
          if (dropsInFlight) pod.kill(['shutdown-drops-in-flight', 'deregistration-race'], why)
          else pod.shutDown(why)
      })
      world.at(at + between(pick, 800, 5_000), () => {
        if (isUnreachable) old.unreachableWhy = ['deregistration-race', 'host-unreachable']
        else for (const pod of old.pods) [pod.isGone, pod.goneWhy] = [true, ['deregistration-race', 'host-unreachable']]
      })
      world.at(at + lagMs, () => world.deregister(old, 300_000))
    }
    visit(setting, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const delay: MadeCase = {
  id: 'deregistration-delay',
  story: 'Long downloads outlive the deregistration delay of targets that are replaced.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: safe,
      targets: 2 + pick.integer(2),
      perSecond: spread(pick, 2, 15),
      idleTimeoutMs: 120_000,
    })
    const { world, endpoints } = setting
    const delayMs = pick.pick([5_000, 10_000, 20_000, 30_000])
    for (const [n, old] of endpoints.entries()) {
      const at = between(pick, 50_000, 60_000) + n * 40_000
      world.at(at - 1_000, () => {
        world.endpoints.push(new Endpoint(`10.0.${32 + (n % 2)}.${60 + n}:8000`, false, [new Pod(world, safe)]))
      })
      world.at(at, () => world.deregister(old, delayMs))
    }
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: 'GET',
        path: (random) => `/download/${random.integer(90)}`,
        weight: spread(pick, 0.3, 2),
        serviceMs: (random) => between(random, 4_000, 60_000),
      },
    ])
    return finish(setting)
  },
}

const blackhole: MadeCase = {
  id: 'blackholed-target',
  story: 'Packets to one of several targets vanish, for all nodes of the load balancer or for one.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: { ...safe, keepAliveMs: pick.pick([0, 5_000, 75_000]) },
      targets: 2 + pick.integer(3),
      perSecond: spread(pick, 2, 15),
    })
    const { world, endpoints } = setting
    const victim = endpoints[pick.integer(endpoints.length)]
    const at = between(pick, 50_000, 90_000)
    const lasts = between(pick, 25_000, 120_000)
    world.at(at, () => {
      if (victim)
        victim.silentFor = {
          nodes: undefined,
          causes: [
            'security-group-or-nacl-block',
            'host-unreachable',
            'node-removed-before-deregistration',
            'stale-endpoint-routing',
          ],
        }
    })
    world.at(at + lasts, () => {
      if (victim) victim.silentFor = undefined
    })
    visit(setting, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const zone: MadeCase = {
  id: 'one-zone-filtered',
  story: 'One node of the load balancer cannot reach any target: its subnet is filtered.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: { ...safe, keepAliveMs: pick.pick([0, 5_000, 75_000]) },
      targets: 2 + pick.integer(3),
      nodes: 2 + pick.integer(2),
      perSecond: spread(pick, 2, 15),
    })
    const { world, endpoints } = setting
    world.at(between(pick, 50_000, 90_000), () => {
      for (const endpoint of endpoints)
        endpoint.silentFor = { nodes: [1], causes: ['security-group-or-nacl-block', 'zonal-imbalance'] }
    })
    visit(setting, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const slow: MadeCase = {
  id: 'slow-route-or-dependency',
  story: 'A route, or what it depends on, takes longer than the idle timeout.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const idleTimeoutMs = pick.pick([10_000, 20_000, 30_000, 60_000])
    const setting = setUp(seed, {
      server: { ...safe, slots: pick.pick([never, 40]) },
      perSecond: spread(pick, 2, 12),
      idleTimeoutMs,
      isNodePort: pick.next() < 0.3,
    })
    for (const pod of setting.pods) pod.slowWhy = ['dependency-stall', 'worker-pool-exhausted']
    const isDependency = pick.next() < 0.5
    const from = between(pick, 50_000, 90_000)
    const until = from + between(pick, 15_000, 60_000)
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: pick.pick(['GET', 'POST']),
        path: (random) => `/reports/${random.integer(300)}`,
        weight: spread(pick, 0.3, 3),
        serviceMs: (random, atMs) =>
          isDependency
            ? atMs > from && atMs < until
              ? until - atMs + idleTimeoutMs * (0.5 + random.next())
              : lognormal(random, 200)
            : lognormal(random, idleTimeoutMs * 0.06, 1.6) + (random.next() < 0.4 ? idleTimeoutMs : 0),
      },
    ])
    return finish(setting)
  },
}

const impatient: MadeCase = {
  id: 'clients-leave',
  story: 'Clients with a timeout of their own leave before a slow route answers.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, perSecond: spread(pick, 2, 12) })
    const clientMs = pick.pick([1_000, 3_000, 5_000, 10_000])
    visit(
      setting,
      [
        ...ordinaryRoutes(setting.random),
        { method: 'GET', path: () => '/slow', weight: 1, serviceMs: (random) => lognormal(random, clientMs, 0.5) },
      ],
      clientMs,
    )
    return finish(setting)
  },
}

const badRoute: MadeCase = {
  id: 'one-route-breaks',
  story: 'One route gives an answer that the load balancer does not take, always or for some users.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, perSecond: spread(pick, 2, 20), isNodePort: pick.next() < 0.3 })
    const always = pick.next() < 0.5
    const rate = always ? 1 : between(pick, 0.05, 0.5)
    const medianMs = spread(pick, 3, 300)
    const causes: Causes = always
      ? ['malformed-response', 'response-headers-too-large', 'worker-killed-mid-request']
      : ['response-headers-too-large', 'malformed-response', 'worker-killed-mid-request']
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: pick.pick(['GET', 'GET', 'POST']),
        path: (random) => `/login/callback?state=${random.integer(10_000)}`,
        weight: spread(pick, 0.3, 2),
        serviceMs: (random) => lognormal(random, medianMs, 0.5),
        fault: (random): Fault | undefined =>
          random.next() < rate ? { closesAfterMs: lognormal(random, medianMs, 0.5), causes } : undefined,
      },
    ])
    if (pick.next() < 0.3) poll(setting, 4, 5_000, 10, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const appBug: MadeCase = {
  id: 'app-answers-500',
  story: 'The app answers 500 on one route, or on all while a dependency is away.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, perSecond: spread(pick, 2, 20), isNodePort: pick.next() < 0.3 })
    const isOutage = pick.next() < 0.4
    const status = pick.pick([500, 500, 500, 503])
    const from = between(pick, 50_000, 90_000)
    const causes: Causes = isOutage
      ? ['application-error', 'dependency-stall', 'all-targets-unhealthy']
      : ['application-error']
    const routes = ordinaryRoutes(setting.random)
    const fail =
      (rate: number): NonNullable<Route['fault']> =>
      (random, atMs) =>
        random.next() < rate && (!isOutage || (atMs > from && atMs < from + 60_000))
          ? { status, afterMs: lognormal(random, 15), causes }
          : undefined
    visit(
      setting,
      isOutage
        ? routes.map((route) => ({ ...route, fault: fail(1) }))
        : routes.map((route, n) => (n === 1 ? { ...route, fault: fail(between(pick, 0.1, 1)) } : route)),
    )
    return finish(setting)
  },
}

const nginx: MadeCase = {
  id: 'nginx-in-front',
  story: 'nginx answers 504 at its own timer on a slow route, then 502 while what is behind it is down.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, perSecond: spread(pick, 2, 20), isNodePort: pick.next() < 0.3 })
    const readMs = pick.pick([3_000, 5_000, 10_000, 30_000])
    const from = between(pick, 60_000, 100_000)
    const until = from + between(pick, 8_000, 40_000)
    const refuses = pick.next() < 0.7
    const routes = ordinaryRoutes(setting.random).map((route) => ({
      ...route,
      fault: (random: Random, atMs: number): Fault | undefined =>
        refuses && atMs > from && atMs < until
          ? { status: 502, afterMs: random.next(), causes: ['nginx-upstream-refused', 'nginx-no-live-upstreams'] }
          : undefined,
    }))
    visit(setting, [
      ...routes,
      {
        method: 'GET',
        path: (random) => `/reports/${random.integer(300)}`,
        weight: spread(pick, 0.2, 1.5),
        serviceMs: (random) => lognormal(random, readMs * 0.4),
        fault: (random) =>
          random.next() < 0.4
            ? { status: 504, afterMs: readMs + 4 * random.next(), causes: ['nginx-upstream-timeout'] }
            : undefined,
      },
    ])
    return finish(setting)
  },
}

const stall: MadeCase = {
  id: 'loop-stalls',
  story: 'A handler holds the loop of one pod of several for longer than the idle timeout, again and again.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const idleTimeoutMs = pick.pick([8_000, 10_000, 20_000])
    const setting = setUp(seed, {
      server: safe,
      targets: 2 + pick.integer(3),
      perSecond: spread(pick, 3, 20),
      idleTimeoutMs,
    })
    for (const pod of setting.pods) pod.slowWhy = ['event-loop-blocked']
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: 'GET',
        path: (random) => `/reports/${random.integer(300)}`,
        weight: spread(pick, 0.03, 0.1),
        blocks: true,
        serviceMs: (random) => idleTimeoutMs * between(random, 0.8, 2),
      },
    ])
    return finish(setting)
  },
}

const nodeStall: MadeCase = {
  id: 'node-stalls',
  story:
    'Node is held for longer than its keep-alive; when it wakes, it closes idle connections on which requests wait.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, {
      server: { ...safe, keepAliveMs: 6_000, resetsOnWake: true, backlog: 511 },
      targets: 1 + pick.integer(3),
      perSecond: spread(pick, 5, 40),
    })
    visit(setting, [
      ...ordinaryRoutes(setting.random),
      {
        method: 'GET',
        path: (random) => `/reports/${random.integer(300)}`,
        weight: spread(pick, 0.01, 0.06),
        blocks: true,
        serviceMs: (random) => between(random, 4_000, 12_000),
      },
    ])
    return finish(setting)
  },
}

const poolFull: MadeCase = {
  id: 'worker-pool-exhausted',
  story:
    'A few threads, a slow dependency, and more requests than they can serve: the rest waits past the idle timeout.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const slots = pick.pick([4, 8, 20, 40])
    const idleTimeoutMs = pick.pick([10_000, 20_000, 30_000])
    const targets = 1 + pick.integer(3)
    const serviceMs = between(pick, 1_000, 4_000)
    const capacity = (slots * targets * 1000) / serviceMs
    const setting = setUp(seed, {
      server: { ...safe, slots },
      targets,
      idleTimeoutMs,
      perSecond: Math.min(40, capacity * between(pick, 1.1, 1.6)),
    })
    for (const pod of setting.pods) pod.slowWhy = ['worker-pool-exhausted']
    const from = between(pick, 40_000, 70_000)
    const until = from + between(pick, 60_000, 120_000)
    const routes = ordinaryRoutes(setting.random).map((route) => ({
      ...route,
      serviceMs: (random: Random, atMs: number, target: string) =>
        atMs > from && atMs < until ? serviceMs * (0.8 + 0.4 * random.next()) : route.serviceMs(random, atMs, target),
    }))
    visit(setting, routes)
    return finish(setting)
  },
}

const tls: MadeCase = {
  id: 'tls-to-target-fails',
  story: 'The targets speak no TLS where the load balancer wants it: every connection breaks at once.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const setting = setUp(seed, { server: safe, targets: 1 + pick.integer(4), perSecond: spread(pick, 2, 20) })
    const from = pick.next() < 0.5 ? 0 : between(pick, 60_000, 120_000)
    setting.world.at(from, () => {
      for (const pod of setting.pods)
        pod.kill(['target-tls-handshake-failure', 'deregistration-race'], ['target-tls-handshake-failure'])
    })
    visit(setting, ordinaryRoutes(setting.random))
    return finish(setting)
  },
}

const twoCauses: MadeCase = {
  id: 'two-causes',
  story: 'A keep-alive race drizzles while a route times out and the app answers 500 now and then.',
  make: (seed) => {
    const pick = new MadeLog(seed, 'pick').random
    const server = pick.pick(racing.slice(0, 4))
    const idleTimeoutMs = pick.pick([20_000, 30_000, 60_000])
    const setting = setUp(seed, {
      server,
      targets: 1 + pick.integer(3),
      perSecond: spread(pick, 0.5, 5),
      idleTimeoutMs,
      minutes: between(pick, 4, 8),
    })
    for (const pod of setting.pods) pod.slowWhy = ['dependency-stall', 'worker-pool-exhausted']
    const routes = ordinaryRoutes(setting.random)
    visit(setting, [
      ...routes,
      {
        method: 'GET',
        path: (random) => `/reports/${random.integer(300)}`,
        weight: 0.6,
        serviceMs: (random) => (random.next() < 0.5 ? idleTimeoutMs * 1.3 : lognormal(random, 300)),
        fault: (random) =>
          random.next() < 0.2
            ? { status: 500, afterMs: lognormal(random, 30), causes: ['application-error'] }
            : undefined,
      },
    ])
    boards(setting, 1 + pick.integer(3), server.keepAliveMs + between(pick, -15, 10), 30, routes)
    return finish(setting)
  },
}

/** Families of incidents whose every parameter is drawn: servers, timers, traffic, targets, faults. */
export const draws: readonly MadeCase[] = [
  healthy,
  keepAlive,
  overflow,
  noEndpoints,
  crash,
  workerTimeout,
  deploy,
  delay,
  blackhole,
  zone,
  slow,
  impatient,
  badRoute,
  appBug,
  nginx,
  stall,
  nodeStall,
  poolFull,
  tls,
  twoCauses,
]
