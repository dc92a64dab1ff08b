import type { Fix } from '../core/diagnosis.ts'
import { keepAliveCeiling } from '../settings/keepalive-ceiling.ts'
import { advice } from './advice.ts'
import { type CauseNumbers, idleTimeout, number, safeKeepAlive } from './cause-numbers.ts'
import { renderFix } from './render-fix.ts'

type FixesOf = (numbers: CauseNumbers) => readonly Fix[]

const pooledKeepAlive = 60

/** Family A: a reused connection was already closed. */
export const reuseFixes: Readonly<Record<string, FixesOf>> = {
  'keepalive-shorter-than-idle-timeout': (numbers) => {
    const idle = idleTimeout(numbers)
    const found = numbers.keepAliveSeconds
    const to = safeKeepAlive(idle.seconds)
    const seen =
      found === undefined
        ? 'The target closes idle connections first'
        : `The target closes idle connections after ${number(found)} s, the load balancer reuses them for ${number(idle.seconds)} s`
    const ceiling =
      found === undefined
        ? ''
        : ` Plain traffic loses at most ${number(keepAliveCeiling(found) * 100)} % that way (2 ms race), pollers more.`
    const raise = renderFix({
      set: 'app.keepAliveSeconds',
      to,
      ...(found === undefined ? {} : { from: found }),
      ...(numbers.servers ? { servers: numbers.servers } : {}),
      because: `${seen}; inequality 1 wants ${idle.said} + 5 s below the keep-alive.${ceiling}`,
    })
    const canLower =
      found !== undefined && found > 7 && (numbers.slowestSeconds ?? Number.POSITIVE_INFINITY) < found - 7
    if (!canLower) return [raise]
    const lower = renderFix({
      set: 'alb.idleTimeoutSeconds',
      to: Math.floor(found) - 6,
      from: idle.seconds,
      safety: 'review',
      because: `Or, if the app cannot be changed: an idle timeout below its ${number(found)} s. The slowest answer took ${number(numbers.slowestSeconds ?? 0)} s; anything slower would become a 504.`,
    })
    return [raise, lower]
  },
  'event-loop-stall-resets-idle-connections': (numbers) => {
    const idle = idleTimeout(numbers)
    return [
      renderFix({
        set: 'app.keepAliveSeconds',
        to: safeKeepAlive(idle.seconds),
        servers: ['node'],
        because: `A stall longer than the keep-alive makes Node destroy idle connections on which requests wait (inequality 5). Above ${idle.said} a stall cannot cross it.`,
      }),
      advice(
        'application',
        'Move work that holds the event loop out of it',
        "import { Worker } from 'node:worker_threads'   // or a queue; measure with perf_hooks.monitorEventLoopDelay()",
        'The stall itself still delays every request of the process.',
      ),
    ]
  },
  'proxy-sheds-idle-connections': (numbers) => {
    const open = numbers.openRequests
    const slots = Math.max(8192, 2 ** Math.ceil(Math.log2((open ?? 1) * 4)))
    return [
      renderFix({
        set: 'proxy.workerConnections',
        to: slots,
        because: `nginx closes idle connections when fewer than 1/16 of its slots are free. Each proxied request takes two${open === undefined ? '' : `; up to ${number(open)} were open at once`}.`,
      }),
      renderFix({
        set: 'proxy.keepAliveMinSeconds',
        to: safeKeepAlive(idleTimeout(numbers).seconds) - 10,
        safety: 'review',
        because: 'Keeps idle connections through shedding on nginx 1.27.4 or newer; older ones do not start with it.',
      }),
    ]
  },
  'proxy-reload-closes-connections': (numbers) => [
    advice(
      'proxy',
      'Reload less often',
      '# endpoints and certificates without a reload (dynamic upstreams), or collect changes and reload once',
      'Every reload closes the idle connections of the old workers while the load balancer may be using them.',
    ),
    renderFix({
      set: 'proxy.keepAliveMinSeconds',
      to: safeKeepAlive(idleTimeout(numbers).seconds) - 10,
      safety: 'review',
      because: `Old workers then keep idle connections longer than ${idleTimeout(numbers).said} (nginx 1.27.4 or newer). Reports: it helps, not always enough.`,
    }),
    advice(
      'proxy',
      'With HAProxy: let an idle connection answer once more',
      'defaults\n    option idle-close-on-response   # HAProxy 2.4 or newer; why5xx fix --front haproxy writes it',
      'An old process then closes an idle connection after its next answer, which says so: in the lab, 70 reloads a minute lost nothing.',
      'Take the line out again.',
    ),
  ],
  'upstream-keepalive-mismatch': (numbers) => {
    const found = numbers.keepAliveSeconds
    return [
      renderFix({
        set: 'app.keepAliveSeconds',
        to: pooledKeepAlive + 15,
        ...(found === undefined ? {} : { from: found }),
        ...(numbers.servers ? { servers: numbers.servers } : {}),
        because: `The proxy keeps app connections ${pooledKeepAlive} s (its default), the app ${found === undefined ? 'less' : `${number(found)} s`}: inequality 2.`,
      }),
      renderFix({
        set: 'proxy.upstreamKeepAliveSeconds',
        to: Math.max(1, Math.floor((found ?? 5) - 1)),
        because: 'Or, if the app cannot be changed: let the proxy drop the connection first.',
      }),
    ]
  },
}
