import { describe, expect, it } from 'vitest'
import { renderKubeProxyRules, type ServiceRules } from './kube-proxy.ts'

const service: ServiceRules = {
  namespace: 'shop',
  name: 'web',
  portName: 'http',
  clusterIp: '10.100.23.7',
  port: 80,
  nodePort: 30080,
  externalTrafficPolicy: 'Cluster',
  podNetwork: '10.0.32.0/19',
  endpoints: [
    { address: '10.0.32.10', port: 8000, isLocal: true },
    { address: '10.0.33.10', port: 8000, isLocal: false },
    { address: '10.0.33.11', port: 8000, isLocal: false },
  ],
}

describe('the rules of a NodePort', () => {
  it('gives every endpoint the same chance', () => {
    const rules = renderKubeProxyRules(service)
    const draws = [...rules.matchAll(/--probability (\S+)/g)].map((match) => Number(match[1]))
    expect(draws).toEqual([0.3333333333, 0.5])
    expect(rules.match(/-j DNAT --to-destination/g)).toHaveLength(3)
    expect(rules).toContain('-j MASQUERADE --random-fully')
  })

  it('refuses connections of a Service without endpoints', () => {
    const rules = renderKubeProxyRules({ ...service, endpoints: [] })
    expect(rules).toContain(
      'has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable',
    )
    expect(rules).not.toContain('DNAT')
  })

  it('drops them in silence when the policy is Local and no endpoint is on the node', () => {
    const rules = renderKubeProxyRules({
      ...service,
      externalTrafficPolicy: 'Local',
      endpoints: service.endpoints.filter((endpoint) => !endpoint.isLocal),
    })
    expect(rules).toContain('has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP')
    expect(rules).not.toMatch(/-A KUBE-NODEPORTS .*-j KUBE-EXT/)
  })

  it('keeps the client’s address when the policy is Local', () => {
    const rules = renderKubeProxyRules({ ...service, externalTrafficPolicy: 'Local' })
    expect(rules).toMatch(/-A KUBE-EXT-\w+ -j KUBE-SVL-\w+/)
    expect(rules).not.toMatch(/-A KUBE-EXT-\w+ -m comment --comment "masquerade traffic/)
  })
})
