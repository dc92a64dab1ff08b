import { fail } from '../../core/errors.ts'

export interface FixedResponseRule {
  readonly pathGlob: string
  readonly elbStatus: number
  readonly body: string
}

/** `PATH-GLOB=STATUS[:BODY]`, for example `/maintenance/*=503:back soon`. Rules take priorities 1, 2, 3 as given. */
export function parseFixedResponseRule(text: string): FixedResponseRule {
  const match = /^(\/[^=]*)=(\d{3})(?::(.*))?$/s.exec(text)
  const elbStatus = Number(match?.[2])
  // The action takes 2XX, 4XX and 5XX only (elbv2, FixedResponseActionConfig).
  if (match === null || ![2, 4, 5].includes(Math.floor(elbStatus / 100)))
    return fail('USAGE', {
      what: `--fixed-response ${text}: not PATH-GLOB=STATUS[:BODY] with a 2XX, 4XX or 5XX status`,
    })
  return { pathGlob: match[1] ?? '', elbStatus, body: match[3] ?? '' }
}

/** A path pattern of a listener rule: `*` any characters, `?` one; case counts; the query does not take part. */
export function matchesPath(pathGlob: string, uri: string): boolean {
  const path = pathOf(uri)
  const source = pathGlob.replace(/[.*+?^${}()|[\]\\]/g, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  )
  return new RegExp(`^${source}$`, 's').test(path)
}

/** Also of an absolute URI (`http://shop.example/cart?x=1`). */
function pathOf(uri: string): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(uri)?.[0] ?? ''
  return uri.slice(origin.length).split(/[?#]/, 1)[0] || '/'
}
