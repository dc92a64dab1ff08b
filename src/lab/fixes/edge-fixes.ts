import type { Scenario, ScenarioFix } from '../scenarios/scenario.ts'
import type { Stream } from '../traffic/traffic.ts'
import { changeServer } from './change-app.ts'

// What mends causes on the load balancer's own side; their pages say the same (docs/causes).

function withStreams(scenario: Scenario, change: (stream: Stream) => Stream): Scenario {
  return { ...scenario, traffic: { ...scenario.traffic, streams: scenario.traffic.streams.map(change) } }
}

export const loopBroken: ScenarioFix = {
  title: 'nginx asks the service itself, not the public name',
  changes: ['location /account/: proxy_pass http://app, as for everything else'],
  apply: (scenario) => changeServer(scenario, 'nginx', { location: [] }),
}

export const groupSpeaksHttp1: ScenarioFix = {
  title: 'the web page’s requests go to a target group of version HTTP1',
  changes: ['alb.ingress.kubernetes.io/backend-protocol-version: HTTP1 for the path of the web page'],
  apply: (scenario) => ({
    ...scenario,
    loadBalancer: {
      ...scenario.loadBalancer,
      protocolVersions: (scenario.loadBalancer?.protocolVersions ?? []).map((rule) => ({
        ...rule,
        version: 'HTTP1' as const,
      })),
    },
  }),
}

export const importMended: ScenarioFix = {
  title: 'the import sends one length',
  changes: ['one Content-Length, that of the body'],
  apply: (scenario) =>
    withStreams(scenario, (stream) => ({
      ...stream,
      routes: stream.routes.map(({ headers: _, ...route }) => route),
    })),
}

const longestAddress = 2000

export const smallRequests: ScenarioFix = {
  title: 'a session id in the cookie, long filters in a body',
  changes: ['the basket stays on the server; the cookie has its id', 'POST for a filter of thousands of numbers'],
  apply: (scenario) =>
    withStreams(scenario, ({ cookieBytesPerVisit: _, ...stream }) => ({
      ...stream,
      routes: stream.routes.map((route) =>
        route.route.length > longestAddress
          ? { route: 'POST /api/scans/{hex}', weight: route.weight, bodyBytes: route.route.length }
          : route,
      ),
    })),
}

export const wafFailsOpen: ScenarioFix = {
  title: 'requests pass while the web ACL does not answer',
  changes: ['waf.fail_open.enabled=true'],
  apply: (scenario) => ({
    ...scenario,
    loadBalancer: { ...scenario.loadBalancer, waf: { service: 'waf', isFailOpen: true } },
  }),
}

/** Nothing inside the cluster mends a rule outside of it. */
export const egressMended: ScenarioFix = {
  title: 'the load balancer’s security group lets it call the identity provider',
  changes: ['aws ec2 authorize-security-group-egress … --protocol tcp --port 443'],
  apply: (scenario) => ({ ...scenario, faults: [] }),
}

export const capacityReserved: ScenarioFix = {
  title: 'capacity is reserved before the campaign',
  changes: ['aws elbv2 modify-capacity-reservation … --minimum-load-balancer-capacity CapacityUnits=N'],
  apply: (scenario) => ({
    ...scenario,
    loadBalancer: { ...scenario.loadBalancer, capacity: { connections: 200, scaleAfterSeconds: 9 } },
  }),
}
