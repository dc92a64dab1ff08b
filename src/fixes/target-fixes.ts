import type { Fix } from '../core/diagnosis.ts'
import { advice } from './advice.ts'
import { type CauseNumbers, idleTimeout, number } from './cause-numbers.ts'
import { capacityFix } from './reach-fixes.ts'
import { renderFix } from './render-fix.ts'

type FixesOf = (numbers: CauseNumbers) => readonly Fix[]

/** Families D and E: the target died, answered badly, or was too slow. */
export const targetFixes: Readonly<Record<string, FixesOf>> = {
  'worker-killed-mid-request': (numbers) => [
    advice(
      'application',
      'Memory for the requests that are open at once',
      'resources:\n  requests: { memory: MEASURED_PEAK }\n  limits: { memory: MEASURED_PEAK }\n# kubectl get pod -o jsonpath="{..lastState.terminated.reason}"   # OOMKilled?',
      `A process died with requests open${numbers.openRequests === undefined ? '' : ` (up to ${number(numbers.openRequests)} at once)`}: limit = peak memory per request x requests at once. Retries would replay the request that killed it.`,
    ),
    ...(numbers.concurrencyLimit === undefined
      ? []
      : [
          renderFix({
            set: 'proxy.queueTimeoutSeconds',
            to: 2,
            safety: 'review' as const,
            because: `A true queue bounds what one process holds at once (here up to ${number(numbers.concurrencyLimit)}).`,
          }),
        ]),
  ],
  'worker-timeout': (numbers) => {
    const idle = idleTimeout(numbers)
    const to = Math.max(1, Math.min(Math.floor(idle.seconds) - 15, 30))
    return [
      advice(
        'application',
        'Give the slow call a deadline of its own',
        `async with asyncio.timeout(${Math.max(1, to - 5)}):\n    ...`,
        `Workers died${numbers.timerSeconds === undefined ? '' : ` after ${number(numbers.timerSeconds)} s`} with every request they held. The inner deadline must fire first (inequality 6).`,
      ),
      renderFix({
        set: 'app.workerKillSeconds',
        to,
        ...(numbers.timerSeconds === undefined ? {} : { from: numbers.timerSeconds }),
        safety: 'review',
        because: `Below ${idle.said}, above the app's own deadline (inequality 6).`,
      }),
    ]
  },
  'worker-recycling': (numbers) => [
    renderFix({
      set: 'app.maxRequestsJitter',
      to: 1000,
      ...(numbers.servers ? { servers: numbers.servers } : {}),
      because: 'Without jitter all workers end together, each with idle connections the load balancer still uses.',
    }),
  ],
  'response-truncated': (numbers) => rolloutLike(numbers),
  'response-headers-too-large': () => [
    advice(
      'application',
      'Smaller response heads',
      'curl -sD- -o /dev/null "http://$POD_IP:$PORT$PATH" | wc -c   # must stay below 32768',
      'The load balancer takes 32 K of response head; that is not adjustable. Usual reasons: Set-Cookie, a policy header, a redirect with state in it.',
    ),
  ],
  'malformed-response': () => [
    advice(
      'application',
      'Let the server write framing headers',
      '# remove hand-written Transfer-Encoding, Content-Length and Connection headers\ncurl -v --raw "http://$POD_IP:$PORT$PATH"',
      'The app answered, but not valid HTTP/1.1: a framing header twice, both lengths, an illegal name or value.',
    ),
  ],
  'content-length-mismatch': () => [
    advice(
      'application',
      'Let the server compute Content-Length',
      '# remove the hand-written Content-Length (compression and HEAD handlers are the usual place)',
      'Fewer bytes came than promised; the load balancer waited for the rest.',
    ),
  ],
  'early-response-to-upload': () => [
    renderFix({
      set: 'proxy.bodyBytes',
      to: 10 * 1_048_576,
      safety: 'review',
      because:
        'The target answered and closed while the body was still coming. Allow the size on every hop, or read the body to its end before closing.',
    }),
  ],
  'target-idle-timeout': (numbers) => {
    const idle = idleTimeout(numbers)
    const read = Math.max(1, Math.floor(idle.seconds) - 10)
    return [
      advice(
        'application',
        'A deadline in the app, below every timer outside',
        `# app deadline ${Math.max(1, read - 10)} s < proxy read timeout ${read} s < idle timeout ${number(idle.seconds)} s\nasync with asyncio.timeout(${Math.max(1, read - 10)}):\n    ...`,
        `No byte came for ${number(idle.seconds)} s. The innermost timer should fire first: it alone can say what was slow (inequality 6).`,
      ),
      renderFix({
        set: 'proxy.readTimeoutSeconds',
        to: read,
        because: `Below ${idle.said}: the proxy then answers 504 itself, with a reason in its log.`,
      }),
      renderFix({
        set: 'alb.idleTimeoutSeconds',
        to: Math.min(4000, Math.ceil(idle.seconds) * 2),
        from: idle.seconds,
        safety: 'review',
        because:
          'Only if answers really need that long: raised alone it hides the slowness and turns 504 into 460. Keep-alives must be raised with it (inequality 1).',
      }),
    ]
  },
  'event-loop-blocked': () => [
    advice(
      'application',
      'Take blocking calls out of async code',
      '@app.get("/report")\ndef report():                     # def: runs in the pool of 40 threads\n    ...\n# or: await run_in_threadpool(blocking_call)',
      'One blocking call holds every request of the process, its probes and accept().',
    ),
    renderFix({
      set: 'targetGroup.algorithm',
      to: 'least_outstanding_requests',
      from: 'round_robin',
      because: 'New requests then avoid the process that is stuck.',
    }),
  ],
  'worker-pool-exhausted': (numbers) => [
    ...capacityFix(numbers),
    renderFix({
      set: 'targetGroup.algorithm',
      to: 'least_outstanding_requests',
      from: 'round_robin',
      because: `New requests then go where fewer are open${numbers.concurrencyLimit === undefined ? '' : `; a target works on ${number(numbers.concurrencyLimit)} at once`}.`,
    }),
    renderFix({
      set: 'proxy.queueTimeoutSeconds',
      to: 2,
      safety: 'review',
      because:
        'A bounded queue (HAProxy maxconn) answers 503 after 2 s instead of 504 after a minute. It adds no capacity; nginx open source has no such queue.',
    }),
  ],
  'cpu-throttled-target': () => [
    advice(
      'application',
      'Raise the CPU limit, or match the workers to it',
      'resources:\n  requests: { cpu: "2" }\n  # no cpu limit, or: workers = limit',
      'The quota stops the process for tens of milliseconds each period.',
    ),
  ],
  'dependency-stall': (numbers) => [
    advice(
      'application',
      'Short timeouts towards dependencies',
      '# dependency timeout < request deadline (inequality 6), a circuit breaker behind it\n# and a health check that does not use the dependency',
      `All targets stopped at once${numbers.timerSeconds === undefined ? '' : `; the wait was ${number(numbers.timerSeconds)} s`}.`,
    ),
  ],
  'application-error': () => [],
}

function rolloutLike(_numbers: CauseNumbers): readonly Fix[] {
  return [
    advice(
      'application',
      'Keep the process alive while it answers',
      '# see worker-killed-mid-request and shutdown-drops-in-flight: the same event after the head was sent',
      'A response that has begun cannot become a 502: the client gets a cut body.',
    ),
  ]
}
