import type { Fix } from '../core/diagnosis.ts'
import { advice } from './advice.ts'
import { type CauseNumbers, number } from './cause-numbers.ts'
import { renderFix } from './render-fix.ts'

type FixesOf = (numbers: CauseNumbers) => readonly Fix[]

const preStopSeconds = 30

/** Drain that covers the slowest request: at least 45 s, at most the deregistration delay's maximum. */
function drainFor(numbers: CauseNumbers): number {
  return Math.min(3600, Math.max(45, Math.ceil(numbers.slowestSeconds ?? numbers.p99Seconds ?? 0)))
}

function shutdown(numbers: CauseNumbers): readonly Fix[] {
  const drain = drainFor(numbers)
  const slowest = numbers.slowestSeconds ?? numbers.p99Seconds
  const known = slowest === undefined ? 'no duration is known' : `the slowest request took ${number(slowest)} s`
  return [
    renderFix({
      set: 'app.gracefulShutdownSeconds',
      to: drain,
      ...(numbers.servers ? { servers: numbers.servers } : {}),
      because: `Open requests get ${drain} s (inequality 13; ${known}).`,
    }),
    renderFix({
      set: 'pod.gracePeriodSeconds',
      to: preStopSeconds + drain + 5,
      because: `${preStopSeconds} s preStop + ${drain} s drain + 5 s (inequality 13): the grace period starts with the preStop hook.`,
    }),
  ]
}

/** Family C: rollouts and lifecycle. */
export const rolloutFixes: Readonly<Record<string, FixesOf>> = {
  'deregistration-race': (numbers) => [
    renderFix({
      set: 'pod.preStopSeconds',
      to: preStopSeconds,
      because: `The load balancer went on sending to a pod that had stopped${
        numbers.timerSeconds === undefined ? '' : ` for about ${number(numbers.timerSeconds)} s`
      } (inequality 12). 25 s were enough in one report, 70 s needed in another: start at ${preStopSeconds}, measure, then set.`,
    }),
    ...shutdown(numbers),
    ...(numbers.targetType === 'ip'
      ? [
          renderFix({
            set: 'targetGroup.readinessGate',
            to: true,
            because: 'Guards the start of new pods (not the end of old ones).',
          }),
        ]
      : []),
  ],
  'deregistration-delay-exceeded': (numbers) => {
    const to = Math.min(3600, Math.max(60, Math.ceil((numbers.slowestSeconds ?? 300) * 1.2)))
    return [
      renderFix({
        set: 'targetGroup.deregistrationDelaySeconds',
        to,
        because: `Requests were cut when the delay ended${numbers.slowestSeconds === undefined ? '' : `; the slowest took ${number(numbers.slowestSeconds)} s`} (inequality 14).`,
      }),
      renderFix({
        set: 'pod.gracePeriodSeconds',
        to: preStopSeconds + to + 5,
        because: 'The pod must live as long as the load balancer waits for it (inequality 14).',
      }),
    ]
  },
  'shutdown-drops-in-flight': (numbers) => [
    ...shutdown(numbers),
    advice(
      'application',
      'Let SIGTERM reach the app',
      'CMD ["uvicorn", "app:app"]   # exec form: a shell as PID 1 does not pass SIGTERM on\nSTOPSIGNAL SIGQUIT           # only for nginx: TERM drops open requests, QUIT finishes them',
      'Without SIGTERM the app works on until SIGKILL ends it with everything that is open.',
    ),
  ],
  'no-registered-targets': () => [
    renderFix({
      set: 'deployment.maxUnavailable',
      to: 0,
      because: 'A rollout must never leave the target group empty.',
    }),
    renderFix({ set: 'deployment.replicas', to: 2, because: 'With one pod each restart empties the target group.' }),
    renderFix({
      set: 'targetGroup.readinessGate',
      to: true,
      because: 'Old pods then stay until the load balancer sees the new ones healthy (ip targets).',
    }),
    advice(
      'load-balancer',
      'See why nothing is registered',
      'kubectl describe targetgroupbinding -A\naws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN"',
      '503 with target "-" means no target is registered. It does not mean unhealthy: then the load balancer sends to all of them.',
    ),
  ],
  'all-targets-unhealthy': () => [
    advice(
      'application',
      'A health check that depends on nothing else',
      'alb.ingress.kubernetes.io/healthcheck-path: /ready   # answers from memory: no database, no cache, no thread pool',
      'When every check fails, the load balancer sends to all targets anyway. A check that touches the database turns one slow dependency into an outage.',
    ),
  ],
  'cold-start-overload': () => [
    renderFix({
      set: 'targetGroup.slowStartSeconds',
      to: 60,
      from: 0,
      safety: 'review',
      because: 'New targets get their share over a minute (30 to 900; not together with least_outstanding_requests).',
    }),
    advice(
      'application',
      'Warm up before being ready',
      'startupProbe:\n  httpGet: { path: /ready, port: 8080 }\n  periodSeconds: 2\n  failureThreshold: 60\n# and in the Deployment: minReadySeconds: 15',
      'Failures fall with the age of the target.',
      'Take the probe out again.',
    ),
  ],
  'liveness-probe-kills-busy-pod': () => [
    renderFix({
      set: 'pod.livenessFailures',
      to: 6,
      from: 3,
      because:
        '6 failures x 10 s survive a stall of a minute (inequality 17). Killing a busy pod throws its load on the others.',
    }),
    advice(
      'application',
      'A liveness path that never waits',
      '@app.get("/live")\nasync def live():      # async: does not wait for the 40 threads of the pool\n    return {}',
      'A busy pod is not a dead one. Readiness may fail under load, liveness must not.',
    ),
  ],
}
