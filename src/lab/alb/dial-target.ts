import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Endpoint } from './endpoint.ts'

export type TargetProtocol = 'http' | 'https'

/** A new connection to a target. The load balancer does not validate the certificate of a target (User Guide, target groups). */
export function dialTarget(target: Endpoint, bindAddress: string | undefined, protocol: TargetProtocol): Socket {
  const place = {
    host: target.host,
    port: target.port,
    noDelay: true,
    ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
  }
  return protocol === 'https' ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place)
}
