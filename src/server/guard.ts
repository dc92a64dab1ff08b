import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

export interface GuardOptions {
  readonly token: string
  /** Known once the server listens. */
  readonly port: () => number
  readonly scriptHash: string
  readonly styleHash: string
}

/**
 * Who may ask. A page of any website can send requests to 127.0.0.1, and can rebind its own name to it; so: the Host must
 * be ours (no rebinding), the token must stand in the path (nobody else knows it), and a browser must say that the
 * request comes from our own page or from the address bar.
 */
export function guard(options: GuardOptions): MiddlewareHandler {
  const { token, port, scriptHash, styleHash } = options
  const policy = [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    "connect-src 'self'",
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return async (context, next) => {
    const { headers } = context.req.raw
    const host = headers.get('host')
    if (host !== `127.0.0.1:${port()}` && host !== `localhost:${port()}`)
      return context.text('Ask for 127.0.0.1.\n', 403, plainHeaders)
    const origin = headers.get('origin')
    if (origin !== null && origin !== `http://${host}`)
      return context.text('Not from another origin.\n', 403, plainHeaders)
    const site = headers.get('sec-fetch-site')
    const isNavigation = headers.get('sec-fetch-mode') === 'navigate' && context.req.method === 'GET'
    if (site !== null && site !== 'same-origin' && site !== 'none' && !isNavigation)
      return context.text('Not from another site.\n', 403, plainHeaders)
    if (!isSame(context.req.path.split('/')[1] ?? '', token))
      return context.text('Nothing here. The address with its token is in the terminal.\n', 404, plainHeaders)
    await next()
    const response = context.res.headers
    response.set('content-security-policy', policy)
    for (const [name, value] of Object.entries(plainHeaders)) response.set(name, value)
    return
  }
}

const plainHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Hashes have one length, so the comparison takes one time. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(wanted).digest())
}
