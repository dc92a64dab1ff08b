import { isIP } from 'node:net'
import { fail } from '../../core/errors.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:8000`, `localhost:8000`, `[::1]:8000`. Targets and listeners are addresses, as in a target group. */
export function parseEndpoint(option: string, text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const given = match?.[1] ?? match?.[2]
  const host = given === 'localhost' ? '127.0.0.1' : given
  const port = Number(match?.[3])
  if (host === undefined || isIP(host) === 0 || !(port <= 65_535))
    return fail('USAGE', { what: `${option} ${text}: not ADDRESS:PORT, for example 127.0.0.1:8000` })
  return { host, port }
}

/** As the log writes it: IPv6 without brackets, split at the last colon (seen in real rows). */
export function endpointKey({ host, port }: Endpoint): string {
  return `${host}:${port}`
}
