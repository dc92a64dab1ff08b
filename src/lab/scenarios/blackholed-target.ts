import { securityGroupMended } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const blackholedTarget = defineScenario({
  id: 'blackholed-target',
  title: 'A security group blocks one of three targets',
  story: [
    'A change of a security group leaves one pod’s interface out.',
    'SYNs to it vanish: ten seconds, then 504. Requests on its warm connections vanish too.',
    'A third of the requests fail, until the health check takes the target out.',
    'The other two are fine.',
    'The pod itself is healthy, its log only has a gap.',
  ],
  scaled: ['idle timeout 15 s (usually 60), for the requests on warm connections'],
  application: 'stock',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 300 },
  loadBalancer: { idleTimeoutSeconds: 15, healthCheck: { intervalSeconds: 12, timeoutSeconds: 5, unhealthyCount: 2 } },
  workload: { name: 'stock', replicas: 3, template: shopPod() },
  traffic: { seconds: 50, streams: [visitors(7)] },
  faults: [
    {
      atSeconds: 8,
      what: 'the security group forgets pod 1',
      apply: async (lab) => {
        const pod = lab.cluster.pods[0]
        if (!pod) return
        lab.timeline.add('blackhole-on', pod.address)
        await lab.network.blackhole(pod.name)
      },
    },
  ],
  expect: { atLeast: { 'security-group-or-nacl-block': 12 } },
  fixes: { 'security-group': securityGroupMended },
})
