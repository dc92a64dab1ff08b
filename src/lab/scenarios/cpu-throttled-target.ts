import { noCpuLimit } from '../fixes/plain-fixes.ts'
import { endMsOf, isFaultOn, podOf, startMsOf } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const cpuThrottledTarget = defineScenario({
  id: 'cpu-throttled-target',
  title: 'A CPU limit stops the pods for most of every period',
  story: [
    'The pods may use 150 thousandths of a CPU: 15 of every 100 milliseconds, then they stand still until the next period.',
    'A quote takes 40 ms of CPU, in one of forty threads. That is enough for a quiet hour.',
    'Then offers are sent out: quotes ask for more than the quota, all threads share it, and all of them slow down together.',
    'Whoever has waited for the idle timeout gets 504; the nodes have CPU to spare all the time.',
    'The application logs no error, only late answers. cpu.stat counts the periods.',
  ],
  scaled: [
    'idle timeout 8 s (usually 60)',
    'limit 0.15 CPU (usually 0.5 to 2), held by stopping the process (lab/cpu_quota.py), not by a cgroup',
    'Prometheus asks every 5 s (usually 15 to 60)',
  ],
  application: 'offers',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 8, healthCheck: { intervalSeconds: 60, timeoutSeconds: 30 } },
  workload: {
    name: 'offers',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: { kind: 'uvicorn', keepAliveSeconds: 75, app: { quoteCpuSeconds: 0.04 } },
          cpuLimit: 0.15,
        },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, timeoutSeconds: 9, failureThreshold: 9 },
    },
  },
  traffic: {
    seconds: 46,
    streams: [
      visitors(2),
      {
        kind: 'poisson',
        name: 'offers',
        perSecond: 12,
        fromSeconds: 16,
        untilSeconds: 32,
        routes: [{ route: '/api/quotes/{n}', weight: 1 }],
      },
      { kind: 'poisson', name: 'customers', perSecond: 1, routes: [{ route: '/api/quotes/{n}', weight: 1 }] },
    ],
  },
  truth: (failure, run) =>
    failure.socket.event === 'idle-timer' &&
    isFaultOn(run, 'cpu-throttled', podOf(run, failure.target), (startMsOf(failure) + endMsOf(failure)) / 2)
      ? {
          causes: ['cpu-throttled-target', 'target-idle-timeout'],
          why: 'its pod had used up its quota and stood still in most of the periods of the wait',
        }
      : undefined,
  expect: { atLeast: { 'cpu-throttled-target': 20 } },
  fixes: { 'no-cpu-limit': noCpuLimit },
})
