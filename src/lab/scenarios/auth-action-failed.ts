import { egressMended } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const authActionFailed = defineScenario({
  id: 'auth-action-failed',
  title: 'The load balancer cannot reach the identity provider',
  story: [
    'Customers log in with an identity provider; the load balancer’s rule sends them there and takes them back.',
    'Somebody tidies the load balancer’s security group: outgoing traffic only to the pods.',
    'Browsers still reach the provider, so its page looks fine. The load balancer’s call for the token gets no answer.',
    'After 5 s each login ends in 500: AuthTokenEpRequestTimeout.',
    'Who is logged in already, and who needs no login, notices nothing.',
  ],
  scaled: ['the provider speaks plain HTTP'],
  application: 'members',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { oidc: { path: '/account/*', service: 'idp' } },
  services: [{ name: 'idp', program: 'idp.mjs' }],
  workload: { name: 'members', replicas: 2, template: shopPod() },
  traffic: {
    seconds: 20,
    streams: [
      visitors(4),
      {
        kind: 'poisson',
        name: 'customers',
        perSecond: 1.5,
        isLogin: true,
        routes: [{ route: '/account/{n}', weight: 1 }],
      },
    ],
  },
  faults: [
    {
      atSeconds: 5,
      what: 'the load balancer’s security group loses the rule for outgoing HTTPS',
      apply: (lab) => lab.network.blockDestination('lb', lab.services.addressOf('idp')),
    },
  ],
  expect: { atLeast: { 'auth-action-failed': 10 } },
  fixes: { egress: egressMended },
})
