import { createHash } from 'node:crypto'

/** A Service of type NodePort as kube-proxy sees it from one node. */
export interface ServiceRules {
  readonly namespace: string
  readonly name: string
  readonly portName: string
  readonly clusterIp: string
  readonly port: number
  readonly nodePort: number
  readonly externalTrafficPolicy: 'Cluster' | 'Local'
  /** `61000-61005`: source ports of what is rewritten. kube-proxy leaves them to the kernel. */
  readonly masqueradePorts?: string | undefined
  /** Addresses of all pods of the cluster, for the hairpin rule. */
  readonly podNetwork: string
  readonly endpoints: readonly { readonly address: string; readonly port: number; readonly isLocal: boolean }[]
}

/**
 * The chains that kube-proxy writes in iptables mode (kubernetes pkg/proxy/iptables/proxier.go), for `iptables-restore`.
 * A rule knows no load: one endpoint is drawn per new connection, the rest follows connection tracking.
 */
export function renderKubeProxyRules(service: ServiceRules): string {
  const id = `${service.namespace}/${service.name}:${service.portName}`
  const hash = chainHash(`${id}tcp`)
  const local = service.endpoints.filter((endpoint) => endpoint.isLocal)
  const external = service.externalTrafficPolicy === 'Local' ? local : service.endpoints
  return [
    ...filterTable(service, id, external.length),
    ...natTable(service, id, hash, local, external.length > 0),
    '',
  ].join('\n')
}

function filterTable(service: ServiceRules, id: string, usable: number): string[] {
  const chains = ['KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-SERVICES', 'KUBE-PROXY-FIREWALL']
  const rules = [
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ]
  const nodePort = `-m addrtype --dst-type LOCAL -m tcp --dport ${service.nodePort}`
  if (service.endpoints.length === 0) {
    rules.push(
      `-A KUBE-SERVICES -d ${service.clusterIp}/32 -p tcp -m comment --comment "${id} has no endpoints" -m tcp --dport ${service.port} -j REJECT --reject-with icmp-port-unreachable`,
      `-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "${id} has no endpoints" ${nodePort} -j REJECT --reject-with icmp-port-unreachable`,
    )
  } else if (usable === 0) {
    rules.push(
      `-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "${id} has no local endpoints" ${nodePort} -j DROP`,
    )
  }
  return ['*filter', ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT']
}

function natTable(
  service: ServiceRules,
  id: string,
  hash: string,
  local: ServiceRules['endpoints'],
  hasUsable: boolean,
): string[] {
  const { masqueradePorts } = service
  const isTcp = masqueradePorts === undefined ? '' : ' -p tcp'
  const ports = masqueradePorts === undefined ? '' : ` --to-ports ${masqueradePorts}`
  const chains = ['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-SERVICES']
  const rules = [
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    `-A KUBE-POSTROUTING${isTcp} -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE${ports} --random-fully`,
  ]
  if (service.endpoints.length > 0) {
    const svc = `KUBE-SVC-${hash}`
    const ext = `KUBE-EXT-${hash}`
    const svl = `KUBE-SVL-${hash}`
    chains.push(svc)
    rules.push(
      `-A KUBE-SERVICES -d ${service.clusterIp}/32 -p tcp -m comment --comment "${id} cluster IP" -m tcp --dport ${service.port} -j ${svc}`,
      `-A ${svc} ! -s ${service.podNetwork} -d ${service.clusterIp}/32 -p tcp -m comment --comment "${id} cluster IP" -m tcp --dport ${service.port} -j KUBE-MARK-MASQ`,
    )
    if (hasUsable) {
      chains.push(ext)
      rules.push(`-A KUBE-NODEPORTS -p tcp -m comment --comment "${id}" -m tcp --dport ${service.nodePort} -j ${ext}`)
    }
    if (hasUsable && service.externalTrafficPolicy === 'Local') {
      chains.push(svl)
      rules.push(
        `-A ${ext} -s ${service.podNetwork} -m comment --comment "pod traffic for ${id} external destinations" -j ${svc}`,
        `-A ${ext} -m comment --comment "masquerade LOCAL traffic for ${id} external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
        `-A ${ext} -m comment --comment "route LOCAL traffic for ${id} external destinations" -m addrtype --src-type LOCAL -j ${svc}`,
        `-A ${ext} -j ${svl}`,
        ...drawOne(svl, id, local),
      )
    } else if (hasUsable) {
      rules.push(
        `-A ${ext} -m comment --comment "masquerade traffic for ${id} external destinations" -j KUBE-MARK-MASQ`,
        `-A ${ext} -j ${svc}`,
      )
    }
    rules.push(...drawOne(svc, id, service.endpoints))
    for (const endpoint of service.endpoints) {
      const sep = endpointChain(id, endpoint)
      chains.push(sep)
      rules.push(
        `-A ${sep} -s ${endpoint.address}/32 -m comment --comment "${id}" -j KUBE-MARK-MASQ`,
        `-A ${sep} -p tcp -m comment --comment "${id}" -m tcp -j DNAT --to-destination ${endpoint.address}:${endpoint.port}`,
      )
    }
  }
  rules.push(
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
  )
  return ['*nat', ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT']
}

/** Each rule takes its share of what the earlier ones left: 1/n, 1/(n-1), ..., the rest. */
function drawOne(chain: string, id: string, endpoints: ServiceRules['endpoints']): string[] {
  return endpoints.map((endpoint, i) => {
    const left = endpoints.length - i
    const draw = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`
    const comment = `-m comment --comment "${id} -> ${endpoint.address}:${endpoint.port}"`
    return `-A ${chain} ${comment}${draw} -j ${endpointChain(id, endpoint)}`
  })
}

function endpointChain(id: string, endpoint: { readonly address: string; readonly port: number }): string {
  return `KUBE-SEP-${chainHash(`${id}tcp${endpoint.address}:${endpoint.port}`)}`
}

/** As kube-proxy names its chains: base32 of the SHA-256, the first 16 characters. */
function chainHash(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...createHash('sha256').update(text).digest().subarray(0, 10)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('')
}
