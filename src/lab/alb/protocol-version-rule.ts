import { fail } from '../../core/errors.ts'

export type ProtocolVersion = 'HTTP1' | 'HTTP2' | 'GRPC'

/** A rule that forwards a path to a target group of this protocol version; its targets are the same. */
export interface ProtocolVersionRule {
  readonly pathGlob: string
  readonly version: ProtocolVersion
}

/** `PATH-GLOB=VERSION`, for example `/shop.Orders/*=GRPC`. */
export function parseProtocolVersionRule(text: string): ProtocolVersionRule {
  const match = /^(\/[^=]*)=(HTTP1|HTTP2|GRPC)$/.exec(text)
  if (match === null)
    return fail('USAGE', { what: `--protocol-version ${text}: not PATH-GLOB= and HTTP1, HTTP2 or GRPC` })
  return { pathGlob: match[1] ?? '', version: match[2] as ProtocolVersion }
}
