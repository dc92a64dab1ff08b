import { nginxPod, readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nginxUpstreamRefused = defineScenario({
  id: 'nginx-upstream-refused',
  title: 'nginx in front of an application that is down',
  story: [
    'In one pod the application stops under its supervisor for fifteen seconds; nginx goes on.',
    'nginx answers the probe itself, so the pod stays in the target group.',
    'Its connections to the application are refused: 502 within a millisecond, made by nginx.',
    'The load balancer passes it on: target status 502.',
    'Half of the requests fail, on one target.',
  ],
  scaled: [],
  application: 'cms',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'cms',
    replicas: 2,
    template: nginxPod({ answersProbe: true }, {}, { readiness: { ...readiness, port: 8080 } }),
  },
  traffic: { seconds: 40, streams: [visitors(9)] },
  faults: [
    {
      atSeconds: 12,
      what: 'the application of pod 1 stops',
      apply: (lab) => lab.cluster.pods[0]?.stopContainer('app'),
    },
    {
      atSeconds: 27,
      what: 'the application of pod 1 starts',
      apply: (lab) => lab.cluster.pods[0]?.startContainer('app'),
    },
  ],
  expect: { atLeast: { 'nginx-upstream-refused': 30 } },
})
