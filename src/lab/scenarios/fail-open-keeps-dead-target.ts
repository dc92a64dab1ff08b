import { shallowCheck } from '../fixes/plain-fixes.ts'
import { isFaultOn, startMsOf } from '../truth/run-facts.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const intervalSeconds = 5
const unhealthyCount = 2
/** What a check that works needs to take a silent target out. */
const detectionMs = (intervalSeconds * unhealthyCount + 2) * 1000

export const failOpenKeepsDeadTarget = defineScenario({
  id: 'fail-open-keeps-dead-target',
  title: 'A health check that fails everywhere cannot take out the one target that is dead',
  story: [
    'A release renames the health path; the target group still asks for the old one and gets 404 from every pod.',
    'No target is healthy, so the load balancer sends to all of them (fail open), and nobody notices.',
    'Then a security group leaves one pod out: connections to it get no answer for ten seconds, 504.',
    'A working check would take that pod out within seconds; this one calls it what it calls all of them.',
    'A third of the requests fail until somebody looks at the check.',
  ],
  scaled: [`health check every ${intervalSeconds} s (default 30), idle timeout 15 s (usually 60)`],
  application: 'loyalty',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 300 },
  loadBalancer: {
    idleTimeoutSeconds: 15,
    healthCheckLogs: true,
    healthCheck: { path: '/health', intervalSeconds, timeoutSeconds: 2, unhealthyCount },
  },
  workload: { name: 'loyalty', replicas: 3, template: shopPod() },
  traffic: { seconds: 45, streams: [visitors(5)] },
  faults: [
    {
      atSeconds: 12,
      what: 'the security group forgets pod 1',
      apply: async (lab) => {
        const pod = lab.cluster.pods[0]
        if (!pod) return
        lab.timeline.add('blackhole-on', pod.address)
        await lab.network.blackhole(pod.name)
      },
    },
  ],
  truth: (failure, run) => {
    const host = failure.target?.split(':')[0]
    const startMs = startMsOf(failure)
    return failure.isFailOpen && isFaultOn(run, 'blackhole', host, startMs - detectionMs)
      ? {
          causes: ['all-targets-unhealthy', 'security-group-or-nacl-block'],
          why: 'sent although no target was healthy (fail open); a check that works had taken this one out by then',
        }
      : undefined
  },
  expect: { atLeast: { 'all-targets-unhealthy': 12, 'security-group-or-nacl-block': 8 } },
  fixes: { 'shallow-check': shallowCheck },
})
