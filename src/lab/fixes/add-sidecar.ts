import type { Container } from '../cluster/pod.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { HaproxyServer, NginxServer } from '../servers/server.ts'

const proxyPort = 8080
const appPort = 9000

/** The scenario with a proxy in every pod: the Service and the probe go to the proxy, the proxy to the application. */
export function addSidecar(scenario: Scenario, server: NginxServer | HaproxyServer): Scenario {
  const { template } = scenario.workload
  const proxy: Container = { name: server.kind, port: proxyPort, server }
  const containers = [proxy, ...template.containers.map((container) => ({ ...container, port: appPort }))]
  return {
    ...scenario,
    workload: {
      ...scenario.workload,
      template: {
        ...template,
        containers,
        port: proxyPort,
        ...(template.readiness ? { readiness: { ...template.readiness, port: proxyPort } } : {}),
      },
    },
  }
}
