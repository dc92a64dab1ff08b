import type { FieldKind } from './define-format.ts'

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f]*:[0-9a-f:.]*(%\w+)?\]?)$/i

/** Does `text` look like a value of that kind? Absent values are the caller's business. */
export function isOfKind(kind: FieldKind, text: string): boolean {
  switch (kind) {
    case 'text':
      return true
    case 'time':
      return ISO_TIME.test(text) && !Number.isNaN(Date.parse(text))
    case 'endpoint': {
      const colon = text.lastIndexOf(':')
      return colon > 0 && /^\d{1,5}$/.test(text.slice(colon + 1)) && ADDRESS.test(text.slice(0, colon))
    }
    case 'address':
      return ADDRESS.test(text)
    case 'port':
      return /^\d{1,5}$/.test(text)
    case 'seconds':
    case 'milliseconds':
      return /^\d+(\.\d+)?$/.test(text)
    case 'integer':
      return /^-?\d+$/.test(text)
    case 'status':
      return /^\d{3}$/.test(text)
    case 'arn':
      return /^arn:[\w-]+:/.test(text)
    case 'hex':
      return /^(0x)?[0-9a-f]+$/i.test(text)
  }
}

/** `ip:port`. IPv6 stands without brackets in most rows: the port follows the last colon. */
export function splitEndpoint(text: string): { readonly address: string; readonly port: number | undefined } {
  const colon = text.lastIndexOf(':')
  const port = text.slice(colon + 1)
  const hasPort = colon > 0 && /^\d{1,5}$/.test(port)
  const address = hasPort ? text.slice(0, colon) : text
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address
  return { address: bare, port: hasPort ? Number(port) : undefined }
}

/** Epoch ms of a time field. NLB writes no zone: it is UTC. NaN when it is no time. */
export function timeMs(text: string): number {
  if (!ISO_TIME.test(text)) return Number.NaN
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}
