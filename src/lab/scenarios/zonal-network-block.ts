import { networkAclMended } from '../fixes/plain-fixes.ts'
import { isFaultOn, startMsOf } from '../truth/run-facts.ts'
import { addresses } from '../world/network.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const zonalNetworkBlock = defineScenario({
  id: 'zonal-network-block',
  title: 'One zone of the load balancer cannot reach the pods any more',
  story: [
    'Somebody tidies up the network ACL of one subnet; it is the one of the load balancer’s second node.',
    'That node’s packets reach no pod: 504 after ten seconds, or at the idle timeout on connections that stood.',
    'Its own health checks fail, so it fails open and goes on sending to all of them.',
    'The other node and all pods are healthy. Clients are spread by DNS: half of them suffer.',
    'The metrics of the whole show 50 percent, and no pod is to blame.',
  ],
  scaled: ['idle timeout 15 s (usually 60), for the requests on warm connections'],
  application: 'parcel',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 300 },
  loadBalancer: { idleTimeoutSeconds: 15, healthCheck: { intervalSeconds: 10, timeoutSeconds: 4, unhealthyCount: 2 } },
  workload: { name: 'parcel', replicas: 3, template: shopPod() },
  traffic: { seconds: 45, streams: [visitors(6)] },
  faults: [
    {
      atSeconds: 12,
      what: 'the ACL of the second node’s subnet loses its rule',
      apply: async (lab) => {
        lab.timeline.add('zone-block-on', addresses.loadBalancerNode(1))
        await lab.network.blockSource(addresses.loadBalancerNode(1))
      },
    },
  ],
  truth: (failure, run) =>
    (failure.socket.event === 'connect-timer' || failure.socket.event === 'idle-timer') &&
    isFaultOn(run, 'zone-block', failure.node, startMsOf(failure) + 100)
      ? {
          causes: ['zonal-imbalance', 'security-group-or-nacl-block'],
          why: 'no packet of this load balancer node reached a pod; the other node’s did',
        }
      : undefined,
  expect: { atLeast: { 'zonal-imbalance': 25 } },
  fixes: { 'network-acl': networkAclMended },
})
