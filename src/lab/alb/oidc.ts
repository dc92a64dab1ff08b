import { randomBytes } from 'node:crypto'
import { fail } from '../../core/errors.ts'
import { callOut } from './call-out.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { matchesPath } from './fixed-response-rule.ts'
import { valuesOf } from './message-head.ts'
import type { RequestHead } from './request-head.ts'

/** A rule with the actions `authenticate-oidc` and `forward`. */
export interface OidcRule {
  readonly pathGlob: string
  /** `/authorize`, `/token` and `/userinfo` of it are the provider's endpoints; plain HTTP. */
  readonly provider: Endpoint
}

/** What an authenticate action makes of a request; undefined: it is no business of a rule's, or the user is known. */
export type AuthOutcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'redirect'; readonly location: string; readonly cookie?: string }
  | { readonly kind: 'failed'; readonly elbStatus: number; readonly errorReason: string | undefined }

/** "The token endpoint is not responding within 5 seconds" (access logs, error reason codes). */
const ENDPOINT_TIMEOUT_MS = 5000
const CALLBACK = '/oauth2/idpresponse'
const COOKIE = 'AWSELBAuthSessionCookie-0'

/** `PATH-GLOB=HOST:PORT` of the identity provider. */
export function parseOidcRule(text: string): OidcRule {
  const at = text.lastIndexOf('=')
  if (!text.startsWith('/') || at < 0)
    return fail('USAGE', { what: `--authenticate-oidc ${text}: not PATH-GLOB=HOST:PORT` })
  return { pathGlob: text.slice(0, at), provider: parseEndpoint('--authenticate-oidc', text.slice(at + 1)) }
}

/** The sessions and pending logins of one load balancer; all of its nodes share them, as its cookies would. */
export class OidcSessions {
  readonly #rule: OidcRule
  /** State parameter to the address that the user wanted. */
  readonly #pending = new Map<string, string>()
  readonly #sessions = new Set<string>()

  constructor(rule: OidcRule) {
    this.#rule = rule
  }

  /** undefined: no rule of this kind matches. */
  outcomeOf(head: RequestHead, bindAddress: string | undefined): Promise<AuthOutcome> | AuthOutcome | undefined {
    const base = 'http://load-balancer'
    if (!URL.canParse(head.uri, base)) return undefined
    const url = new URL(head.uri, base)
    const host = valuesOf(head.headers, 'host')[0] ?? ''
    if (url.pathname === CALLBACK) return this.#finishLogin(url.searchParams, host, bindAddress)
    if (!matchesPath(this.#rule.pathGlob, head.uri)) return undefined
    if (this.#sessions.has(cookieOf(head, COOKIE) ?? '')) return { kind: 'pass' }
    return { kind: 'redirect', location: this.#beginLogin(head.uri, host) }
  }

  #beginLogin(uri: string, host: string): string {
    const state = randomBytes(12).toString('hex')
    this.#pending.set(state, uri)
    const { provider } = this.#rule
    const query = new URLSearchParams({
      client_id: 'shop',
      redirect_uri: `http://${host}${CALLBACK}`,
      response_type: 'code',
      scope: 'openid',
      state,
    })
    return `http://${provider.host}:${provider.port}/authorize?${query}`
  }

  /** The user comes back from the provider: code to token, token to claims, claims to a session. */
  async #finishLogin(query: URLSearchParams, host: string, bindAddress: string | undefined): Promise<AuthOutcome> {
    const state = query.get('state') ?? ''
    const wanted = this.#pending.get(state)
    if (state === '') return refused('AuthMissingStateParam')
    if (wanted === undefined) return refused('AuthInvalidStateParam')
    this.#pending.delete(state)
    if (query.has('error')) return { kind: 'failed', elbStatus: 561, errorReason: undefined }
    const code = query.get('code')
    if (code === null) return refused('AuthMissingCodeParam')
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: `http://${host}${CALLBACK}`,
    })
    const token = await this.#ask('POST', '/token', bindAddress, form.toString(), undefined)
    if (token.kind === 'failed') return broken('AuthTokenEpRequestTimeout')
    if (token.status < 200 || token.status > 299) return broken('AuthTokenEpRequestFailed')
    const accessToken = /"access_token":\s*"([^"]+)"/.exec(token.body)?.[1]
    if (accessToken === undefined) return refused('AuthInvalidTokenResponse')
    const claims = await this.#ask('GET', '/userinfo', bindAddress, '', accessToken)
    if (claims.kind === 'failed') return broken('AuthUserinfoEpRequestTimeout')
    if (claims.status < 200 || claims.status > 299) return broken('AuthUserinfoEpRequestFailed')
    const session = randomBytes(24).toString('base64url')
    this.#sessions.add(session)
    return { kind: 'redirect', location: wanted, cookie: `${COOKIE}=${session}; Path=/; HttpOnly` }
  }

  #ask(
    method: string,
    path: string,
    bindAddress: string | undefined,
    body: string,
    token: string | undefined,
  ): ReturnType<typeof callOut> {
    const headers = {
      ...(body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    return callOut({
      endpoint: this.#rule.provider,
      bindAddress,
      method,
      path,
      headers,
      body,
      connectTimeoutMs: ENDPOINT_TIMEOUT_MS,
      timeoutMs: ENDPOINT_TIMEOUT_MS,
    })
  }
}

/** The user, or the provider for him, did not prove who he is: 401. */
function refused(errorReason: string): AuthOutcome {
  return { kind: 'failed', elbStatus: 401, errorReason }
}

/** The load balancer could not talk to the provider: 500. */
function broken(errorReason: string): AuthOutcome {
  return { kind: 'failed', elbStatus: 500, errorReason }
}

function cookieOf(head: RequestHead, name: string): string | undefined {
  for (const value of valuesOf(head.headers, 'cookie'))
    for (const part of value.split(';')) {
      const text = part.trim()
      if (text.startsWith(`${name}=`)) return text.slice(name.length + 1)
    }
  return undefined
}
