import type { Random } from '../traffic/random.ts'
import { MadeConnections, type Reuse } from './made-connections.ts'
import { type MadeIncident, MadeLog, type MadeRequest, type Outcome } from './made-log.ts'

/** An incident made up to mislead: what it looks like, and what it is. */
export interface MadeCase {
  readonly id: string
  readonly story: string
  readonly make: (seed: number) => MadeIncident
  /** Too long to be run twice. */
  readonly isLarge?: boolean
}

const minute = 60_000
const targets = ['10.0.32.10:8000', '10.0.33.10:8000', '10.0.32.11:8000'] as const
const pages = [
  '/',
  '/api/products/17',
  '/api/products/204',
  '/search?q=lamp&page=2',
  '/static/js/app.77be02.js',
] as const

const killed = {
  symptom: 'closed-before-response',
  causes: ['worker-killed-mid-request', 'malformed-response'],
  why: 'the worker died while it worked on the request',
} as const
const refused = {
  symptom: 'connect-refused',
  causes: ['connection-refused'],
  why: 'nothing listened on the port',
} as const

/** 20 ms at the median, now and then half a second. */
function serviceMs(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Math.min(4_000, 20 * Math.exp(0.9 * normal))
}

function answered(elapsedMs: number, status = 200): Outcome {
  return { elbStatus: status, targetStatus: status, elapsedMs }
}

/** Poisson arrivals of ordinary visitors; `outcome` may make something else of one. */
function visit(
  log: MadeLog,
  options: {
    readonly perSecond: number
    readonly untilMs: number
    readonly fromMs?: number
    readonly nodes?: number
    readonly targets?: readonly string[]
    readonly outcome?: (atMs: number, target: string) => Outcome | undefined
  },
): void {
  const { random } = log
  const among = options.targets ?? targets
  let turn = 0
  for (let atMs = options.fromMs ?? 0; atMs < options.untilMs; atMs += random.exponential(1000 / options.perSecond)) {
    const target = among[turn++ % among.length] ?? ''
    log.add({
      atMs,
      node: random.integer(options.nodes ?? 2),
      target,
      path: random.pick(pages),
      ...(options.outcome?.(atMs, target) ?? answered(serviceMs(random))),
    })
  }
}

const healthy: MadeCase = {
  id: 'healthy-with-noise',
  story: 'Nothing fails; scanners get 404, one client in fifty is slow, a deploy replaces a target.',
  make: (seed) => {
    const log = new MadeLog(seed, 'quiet')
    visit(log, {
      perSecond: 12,
      untilMs: 10 * minute,
      outcome: () => {
        const chance = log.random.next()
        if (chance < 0.02) return answered(1_000 + 3_000 * log.random.next())
        return chance < 0.05 ? answered(3, 404) : undefined
      },
    })
    return log.finish()
  },
}

const pollerUnrelated: MadeCase = {
  id: 'poller-at-five-seconds',
  story:
    'A board asks every 5.000 s, the keep-alive is 75 s, and workers die in mid-request now and then: most failures have a request before them that ended 5 s ago, and so have most answers.',
  make: (seed) => {
    const log = new MadeLog(seed, 'board')
    const { random } = log
    for (let board = 0; board < 4; board++) {
      const target = targets[board % 3]
      for (let atMs = board * 700; atMs < 15 * minute; ) {
        const isKilled = random.next() < 0.02
        const elapsedMs = isKilled ? 40 + 1_500 * random.next() : serviceMs(random)
        log.add({
          atMs,
          node: board % 2,
          target,
          path: `/api/widgets/${board}`,
          client: board,
          ...(isKilled ? { elbStatus: 502, elapsedMs, truth: killed } : answered(elapsedMs)),
        })
        atMs += elapsedMs + 4_998 + 4 * random.next()
      }
    }
    visit(log, { perSecond: 0.2, untilMs: 15 * minute })
    return log.finish()
  },
}

const brokenRoutePolled: MadeCase = {
  id: 'broken-route-polled',
  story:
    'One route always breaks the answer, and one cron job asks for it every 5 s: the echo at 5 s is perfect, and has no healthy request beside it on its route.',
  make: (seed) => {
    const log = new MadeLog(seed, 'cron')
    const { random } = log
    for (let atMs = 900; atMs < 12 * minute; atMs += 5_000 + 6 * random.next())
      log.add({
        atMs,
        node: 0,
        target: targets[0],
        path: '/internal/export',
        client: 7,
        userAgent: 'cron/1.0',
        elbStatus: 502,
        elapsedMs: 12 + 5 * random.next(),
        truth: {
          symptom: 'closed-before-response',
          causes: ['malformed-response', 'response-headers-too-large', 'worker-killed-mid-request'],
          why: 'the handler of that route always breaks the connection',
        },
      })
    visit(log, { perSecond: 0.6, untilMs: 12 * minute })
    return log.finish()
  },
}

const retries: MadeCase = {
  id: 'clients-retry',
  story:
    'One target refuses for 40 s; every client tries again after 1, 2 and 4 s, so failures have periods of their own.',
  make: (seed) => {
    const log = new MadeLog(seed, 'retry')
    const { random } = log
    let turn = 0
    const send = (atMs: number, attempt: number): void => {
      const target = targets[turn++ % 3]
      const isDown = target === targets[1] && atMs > 4 * minute && atMs < 4 * minute + 40_000
      log.add({
        atMs,
        node: random.integer(2),
        target,
        path: random.pick(pages),
        ...(isDown
          ? { elbStatus: 502, elapsedMs: 1 + random.next(), isConnectFailure: true, truth: refused }
          : answered(serviceMs(random))),
      })
      if (isDown && attempt < 3) send(atMs + 1_000 * 2 ** attempt + 20 * random.next(), attempt + 1)
    }
    for (let atMs = 0; atMs < 8 * minute; atMs += random.exponential(120)) send(atMs, 0)
    return log.finish()
  },
}

const probeStorm: MadeCase = {
  id: 'health-check-storm',
  story: 'Forty uptime monitors ask for /healthz every second, and the app answers 503 while its database is away.',
  make: (seed) => {
    const log = new MadeLog(seed, 'probed')
    const { random } = log
    const isAway = (atMs: number): boolean => atMs > 3 * minute && atMs < 5 * minute
    const away = {
      symptom: 'target-answered',
      causes: ['application-error', 'dependency-stall', 'all-targets-unhealthy'],
      why: 'the health endpoint says that the database is away',
    } as const
    for (let monitor = 0; monitor < 40; monitor++)
      for (let atMs = monitor * 25; atMs < 8 * minute; atMs += 1_000 + 3 * random.next()) {
        const elapsedMs = 2 + 3 * random.next()
        log.add({
          atMs,
          node: monitor % 2,
          target: targets[monitor % 3],
          path: '/healthz',
          client: monitor,
          userAgent: 'uptime-monitor/2.4',
          ...(isAway(atMs) ? { ...answered(elapsedMs, 503), truth: away } : answered(elapsedMs)),
        })
      }
    visit(log, { perSecond: 5, untilMs: 8 * minute })
    return log.finish()
  },
}

const nodePort: MadeCase = {
  id: 'nodeport-hides-pods',
  story:
    'Two nodes on a NodePort hide six pods; one of them is gone while its endpoint stays: every sixth new connection is refused, through either node, all the time.',
  make: (seed) => {
    const log = new MadeLog(seed, 'k8s-shop-web-0a9b8c7d6e')
    const { random } = log
    visit(log, {
      perSecond: 8,
      untilMs: 8 * minute,
      targets: ['10.0.16.11:30080', '10.0.16.12:30080'],
      outcome: () =>
        random.next() < 0.25 / 6
          ? {
              elbStatus: 502,
              elapsedMs: 1 + random.next(),
              isConnectFailure: true,
              truth: {
                symptom: 'connect-refused',
                causes: ['connection-refused', 'stale-endpoint-routing'],
                why: 'the sixth pod is dead, its endpoint is not',
              },
            }
          : undefined,
    })
    return log.finish()
  },
}

function keepAlive(
  id: string,
  story: string,
  options: {
    readonly perSecond: number
    readonly nodes: number
    readonly targets: readonly string[]
    readonly minutes: number
    readonly keepAliveMs: number
    readonly windowMs: number
    readonly reuse: Reuse
    readonly isLarge?: boolean
  },
): MadeCase {
  return {
    id,
    story,
    ...(options.isLarge ? { isLarge: true } : {}),
    make: (seed) => {
      const log = new MadeLog(seed, 'pool', options.nodes)
      const { random } = log
      const pools = new Map<string, MadeConnections>()
      let turn = 0
      for (let atMs = 0; atMs < options.minutes * minute; ) {
        const node = random.integer(options.nodes)
        const target = options.targets[turn++ % options.targets.length] ?? ''
        const key = `${node} ${target}`
        const pool = pools.get(key) ?? new MadeConnections(options.keepAliveMs, options.windowMs, options.reuse)
        pools.set(key, pool)
        const took = serviceMs(random)
        const request: Omit<MadeRequest, 'elbStatus' | 'elapsedMs'> = { atMs, node, target, path: random.pick(pages) }
        if (pool.send(atMs, took) === 'answered') log.add({ ...request, ...answered(took) })
        else
          log.add({
            ...request,
            elbStatus: 502,
            elapsedMs: 1 + 2 * random.next(),
            truth: {
              symptom: 'closed-before-response',
              causes: ['keepalive-shorter-than-idle-timeout'],
              why: `a connection idle for ${options.keepAliveMs / 1000} s was closed as the request was sent`,
            },
          })
        // Crowds come and go, so that connections are opened, and left idle.
        const crowd = 1 + 0.9 * Math.sin(atMs / 2_900) * Math.sin(atMs / 11_300)
        atMs += random.exponential(1000 / (options.perSecond * crowd))
      }
      return log.finish()
    },
  }
}

const giantTarget = keepAlive(
  'single-giant-target',
  'One target behind 400 requests a second: the nearest request before a failure is not the one that used its connection.',
  {
    perSecond: 400,
    nodes: 2,
    targets: ['10.0.32.10:8000'],
    minutes: 6,
    keepAliveMs: 5_000,
    windowMs: 100,
    reuse: 'newest',
    isLarge: true,
  },
)

const oneNode = keepAlive(
  'one-load-balancer-node',
  'One node, two quiet targets, keep-alive 5 s, oldest connection first.',
  {
    perSecond: 0.7,
    nodes: 1,
    targets: targets.slice(0, 2),
    minutes: 90,
    keepAliveMs: 5_000,
    windowMs: 60,
    reuse: 'oldest',
  },
)

const rare: MadeCase = {
  id: 'ten-in-many-rows',
  story: 'Ten failures without a pattern among 300,000 requests: too thin for a cause.',
  isLarge: true,
  make: (seed) => {
    const log = new MadeLog(seed, 'large')
    const { random } = log
    const untilMs = 20 * minute
    const at = Array.from({ length: 10 }, () => random.next() * untilMs).sort((a, b) => a - b)
    let next = 0
    visit(log, {
      perSecond: 250,
      untilMs,
      outcome: (atMs) => {
        if (atMs < (at[next] ?? Number.POSITIVE_INFINITY)) return undefined
        next += 1
        return { elbStatus: 502, elapsedMs: 30 + 2_000 * random.next(), truth: killed }
      },
    })
    return log.finish()
  },
}

const ninety: MadeCase = {
  id: 'ninety-percent-fail',
  story: 'Nine of ten targets have nothing listening; the load balancer fails open and keeps sending to them.',
  make: (seed) => {
    const log = new MadeLog(seed, 'broken')
    const { random } = log
    const ten = Array.from({ length: 10 }, (_, target) => `10.0.3${target % 2}.${10 + target}:8000`)
    visit(log, {
      perSecond: 10,
      untilMs: 6 * minute,
      targets: ten,
      outcome: (_, target) =>
        target === ten[0]
          ? undefined
          : { elbStatus: 502, elapsedMs: 0.5 + random.next(), isConnectFailure: true, truth: refused },
    })
    return log.finish()
  },
}

const targetTimer: MadeCase = {
  id: 'target-answers-504-at-the-idle-timeout',
  story:
    'A proxy in the cluster gives up after 60 s and answers 504, just where the load balancer would have: the status is its own.',
  make: (seed) => {
    const log = new MadeLog(seed, 'slow')
    const { random } = log
    for (let atMs = 1_000; atMs < 12 * minute; atMs += random.exponential(9_000))
      log.add({
        atMs,
        node: random.integer(2),
        target: random.pick(targets),
        path: '/reports/monthly',
        ...answered(60_000 + 8 * random.next(), 504),
        truth: {
          symptom: 'target-answered',
          causes: ['nginx-upstream-timeout', 'dependency-stall', 'worker-pool-exhausted', 'application-error'],
          why: 'proxy_read_timeout 60 s',
        },
      })
    visit(log, { perSecond: 5, untilMs: 12 * minute })
    return log.finish()
  },
}

const impatient: MadeCase = {
  id: 'clients-leave-at-five-seconds',
  story: 'A mobile app gives up after 5 s on a route that takes 3 to 8 s: 460, and no 5XX at all.',
  make: (seed) => {
    const log = new MadeLog(seed, 'mobile')
    const { random } = log
    for (let atMs = 500; atMs < 10 * minute; atMs += random.exponential(4_000)) {
      const took = 3_000 + 5_000 * random.next()
      log.add({
        atMs,
        node: random.integer(2),
        target: random.pick(targets),
        path: '/api/recommendations',
        ...(took > 5_000
          ? {
              elbStatus: 460,
              elapsedMs: 5_000 + 20 * random.next(),
              truth: { symptom: 'client-left', causes: ['client-gave-up'], why: 'the app waits for 5 s' },
            }
          : answered(took)),
      })
    }
    visit(log, { perSecond: 6, untilMs: 10 * minute })
    return log.finish()
  },
}

const cronRace: MadeCase = {
  id: 'deaths-by-the-minute',
  story:
    'A job kills one worker every 60 s, whose requests die at that instant on all targets: a period that is no keep-alive.',
  make: (seed) => {
    const log = new MadeLog(seed, 'killed')
    const { random } = log
    visit(log, {
      perSecond: 10,
      untilMs: 15 * minute,
      outcome: (atMs) => {
        const took = serviceMs(random) * 20
        const nextDeath = Math.ceil(atMs / minute) * minute
        return atMs + took > nextDeath && nextDeath < 15 * minute
          ? {
              elbStatus: 502,
              elapsedMs: nextDeath - atMs + random.next(),
              truth: { ...killed, causes: [...killed.causes, 'worker-recycling'] },
            }
          : answered(took)
      },
    })
    return log.finish()
  },
}

const sheddingInStep: MadeCase = {
  id: 'boards-in-step-meet-a-limit',
  story:
    'Twelve boards ask together every 5.000 s, and a proxy closes one of the twelve at once, because it is out of connections: failure and answers alike follow the last request by 5 s.',
  make: (seed) => {
    const log = new MadeLog(seed, 'wall')
    const { random } = log
    const shed = {
      symptom: 'closed-before-response',
      causes: ['proxy-sheds-idle-connections', 'admission-limit-rejected', 'worker-killed-mid-request'],
      why: 'the proxy had no connection left for it',
    } as const
    for (let round = 0; round < 180; round++) {
      const unlucky = random.integer(24)
      for (let board = 0; board < 12; board++)
        log.add({
          atMs: 1_000 + round * 5_000 + 3 * random.next(),
          node: board % 2,
          target: targets[board % 3],
          path: `/api/widgets/${board}`,
          client: board,
          ...(board === unlucky
            ? { elbStatus: 502, elapsedMs: 1 + 2 * random.next(), truth: shed }
            : answered(serviceMs(random))),
        })
    }
    visit(log, { perSecond: 0.3, untilMs: 15 * minute })
    return log.finish()
  },
}

const oneSubnet: MadeCase = {
  id: 'one-subnet-is-filtered',
  story:
    'A network ACL of one load balancer subnet drops what comes back: every new connection of that node times out, to all targets; the other node is fine.',
  make: (seed) => {
    const log = new MadeLog(seed, 'subnet')
    const { random } = log
    let turn = 0
    for (let atMs = 0; atMs < 10 * minute; atMs += random.exponential(150)) {
      const node = random.integer(2)
      const isLost = node === 1 && atMs > 5 * minute && random.next() < 0.4
      log.add({
        atMs,
        node,
        target: targets[turn++ % 3],
        path: random.pick(pages),
        ...(isLost
          ? {
              elbStatus: 504,
              elapsedMs: 10_000 + 8 * random.next(),
              isConnectFailure: true,
              truth: {
                symptom: 'connect-timeout',
                causes: ['security-group-or-nacl-block'],
                why: 'the ACL of that subnet drops the answers',
              },
            }
          : answered(serviceMs(random))),
      })
    }
    return log.finish()
  },
}

/** A NodePort whose pods all refuse: the processes are down, the endpoints stay. No ICMP limit holds an RST back. */
function refusingPods(id: string, story: string, perSecond: number): MadeCase {
  return {
    id,
    story,
    make: (seed) => {
      const log = new MadeLog(seed, 'k8s-shop-api-1f2e3d4c5b')
      const { random } = log
      visit(log, {
        perSecond,
        untilMs: 10 * minute,
        targets: ['10.0.16.11:30080', '10.0.16.12:30080'],
        outcome: (atMs) =>
          atMs > 4 * minute && atMs < 5 * minute + 30_000
            ? { elbStatus: 502, elapsedMs: 0.6 + random.next(), isConnectFailure: true, truth: refused }
            : undefined,
      })
      return log.finish()
    },
  }
}

const refusingFast = refusingPods(
  'nodeport-all-pods-refuse',
  'All pods behind a NodePort refuse for 90 s at 30 requests a second, each of them at once: RST, not the rate-limited ICMP of a Service without endpoints.',
  30,
)
const refusingSlowly = refusingPods(
  'nodeport-all-pods-refuse-quietly',
  'The same at one request in two seconds, where an ICMP limit would not show.',
  0.5,
)

const thirtySeconds: MadeCase = {
  id: 'workers-killed-at-thirty-seconds',
  story:
    'gunicorn kills workers 30 to 31 s into a slow report, and takes what else they had; the load balancer waits for 60 s.',
  make: (seed) => {
    const log = new MadeLog(seed, 'reports')
    const { random } = log
    const timeout = {
      symptom: 'closed-before-response',
      causes: ['worker-timeout', 'worker-killed-mid-request'],
      why: 'WORKER TIMEOUT',
    } as const
    for (let atMs = 2_000; atMs < 14 * minute; atMs += random.exponential(20_000)) {
      const elapsedMs = 30_000 + 1_000 * random.next()
      const [node, target] = [random.integer(2), random.pick(targets)]
      log.add({ atMs, node, target, path: '/reports/monthly', elbStatus: 502, elapsedMs, truth: timeout })
      const companions = random.integer(3)
      for (let other = 0; other < companions; other++) {
        const waitedMs = 500 + 4_000 * random.next()
        log.add({
          atMs: atMs + elapsedMs - waitedMs,
          node: random.integer(2),
          target,
          path: random.pick(pages),
          elbStatus: 502,
          elapsedMs: waitedMs + random.next(),
          truth: timeout,
        })
      }
    }
    visit(log, { perSecond: 6, untilMs: 14 * minute })
    return log.finish()
  },
}

const cleanDeploys: MadeCase = {
  id: 'clean-deploys-and-a-bad-route',
  story:
    'Targets are replaced every three minutes without a failure, while one route in a hundred requests dies at random: first and last seen of targets prove nothing.',
  make: (seed) => {
    const log = new MadeLog(seed, 'deploys')
    const { random } = log
    const generation = (atMs: number, turn: number): string =>
      `10.0.${32 + (turn % 2)}.${20 + 2 * Math.floor(atMs / (3 * minute)) + (turn % 2)}:8000`
    let turn = 0
    for (let atMs = 0; atMs < 15 * minute; atMs += random.exponential(100)) {
      const isDead = random.next() < 0.01
      log.add({
        atMs,
        node: random.integer(2),
        target: generation(atMs, turn++),
        path: random.pick(pages),
        ...(isDead
          ? { elbStatus: 502, elapsedMs: 20 + 900 * random.next(), truth: killed }
          : answered(serviceMs(random))),
      })
    }
    return log.finish()
  },
}

/** Made to mislead: each must be judged right or left open, never wrong with confidence. */
export const madeCases: readonly MadeCase[] = [
  healthy,
  pollerUnrelated,
  brokenRoutePolled,
  retries,
  probeStorm,
  nodePort,
  giantTarget,
  oneNode,
  rare,
  ninety,
  targetTimer,
  impatient,
  cronRace,
  sheddingInStep,
  oneSubnet,
  refusingFast,
  refusingSlowly,
  thirtySeconds,
  cleanDeploys,
]
