import { groupSpeaksHttp1 } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const protocolVersionMismatch = defineScenario({
  id: 'protocol-version-mismatch',
  title: 'The shopping cart’s target group speaks gRPC, its page does not',
  story: [
    'The shopping cart got a target group of protocol version GRPC, for the app that calls it.',
    'The web page still posts JSON over HTTP/1.1 to the same path.',
    'Each of these is 464: no target is chosen, no log of the cart has it.',
    'Everything else goes to the other target group, and works.',
    'Dashboards count 4XX, so nobody is paged.',
  ],
  scaled: [],
  application: 'cart',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { protocolVersions: [{ path: '/api/cart/*', version: 'GRPC' }] },
  workload: { name: 'cart', replicas: 2, template: shopPod() },
  traffic: { seconds: 20, streams: [visitors(9)] },
  expect: { atLeast: { 'protocol-version-mismatch': 10 } },
  fixes: { http1: groupSpeaksHttp1 },
})
