import type { Diagnosis } from '../core/diagnosis.ts'
import { mapStrings } from './map-strings.ts'
import { rowTokens } from './shorten-row.ts'

// What goes: tokens and other secrets, query values, e-mail addresses, client addresses. What stays: addresses of
// targets and load balancer nodes (without them nobody can act), paths, times, statuses, trace ids.
// A thing hidden twice has the same stand-in twice: `[client-3]` is one client throughout.

/** The diagnosis with private things replaced by `[client-1]`, `[email-2]`, `[token-1]`, `[v4]`; unchanged when off. */
export function redact(diagnosis: Diagnosis, options: { readonly on: boolean }): Diagnosis {
  if (!options.on) return diagnosis
  const redactor = new Redactor(diagnosis)
  return mapStrings(diagnosis, (text, path) => {
    const key = path.at(-1)
    if (key === 'raw' || key === 'badSamples') return redactor.row(text)
    if (key === 'client' && path.includes('columns')) return redactor.clientField(text)
    if (key === 'request' && path.includes('columns')) return redactor.request(text)
    return redactor.text(text)
  })
}

/** The same for texts outside a diagnosis; `keep`: addresses of targets and nodes. */
export function makeTextRedactor(keep: readonly string[]): (text: string) => string {
  const none = { requests: 0, failures: 0, elb5xx: 0, target5xx: 0 }
  const redactor = new Redactor({
    inputs: [],
    settings: { byLoadBalancer: [], byTargetGroup: [] },
    findings: [],
    contradictions: [],
    top: { targets: keep.map((key) => ({ key, ...none })), routes: [], minutes: [], targetGroups: [] },
    load: [],
    failureRows: null,
  })
  return (text) => redactor.text(text)
}

const STAND_IN = /^\[(?:client|address|email|token|v)-?\d+\]$/
const PAIR = /([?&#;][^=&;#?\s"[\]]{0,200}=)([^&;#\s"]+)/g
const BARE_QUERY = /(\?)([^=&\s"?[\]()]{2,})(?=["\s]|$)/g
const USER_INFO = /(\/\/)([^/@\s"?#]+)(@)/g
const CREDENTIALS = /\b(bearer|basic|token|apikey|api-key)((?:\s|%20|\+|:|=|%3A|%3D)+)([\w.~+/=-]{8,})/gi
/** What apps write into their logs: `password=...`, `"api_key": "..."`. A bare colon is prose: "token: expired". */
const ASSIGNED =
  /([\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|session(?:[_-]?id)?|authorization|cookie)["']?\s*(?:=\s*["']?|:\s*["']))([^\s"'&;,]{3,})/gi
const JWT = /\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}/g
// Prefixes that vendors publish for their keys: AWS, GitHub, GitLab, Slack, Stripe, Google.
const KNOWN_KEY =
  /\b(?:A[KS]IA[0-9A-Z]{12,}|gh[pousr]_\w{10,}|github_pat_\w{10,}|glpat-[\w-]{10,}|xox[abeoprs]-[\w-]{8,}|[prs]k_(?:live|test)_\w{8,}|AIza[\w-]{20,})/g
const LONG_HEX = /(?<![\w-])[0-9a-f]{32,}(?![\w-])/gi
const LONG_BASE64 = /(?<![\w+-])[A-Za-z0-9+_-]{24,}={0,2}/g
const EMAIL =
  /[\p{L}\p{N}._+-]+(?:%2B[\p{L}\p{N}._+-]+)*(?:@|%40|\\x40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/giu
const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)/g
const IPV6 = /(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,5}){2,8}(?![\w:])/gi

/** What names the addresses and names that stay. */
type RedactedParts = Pick<
  Diagnosis,
  'inputs' | 'settings' | 'findings' | 'contradictions' | 'top' | 'load' | 'failureRows'
>

class Redactor {
  readonly #standIns = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  /** User agents and paths repeat by the thousand. */
  readonly #done = new Map<string, string>()
  readonly #ours = new Set<string>(['127.0.0.1', '0.0.0.0', '::1', '255.255.255.255'])
  /** Names of load balancers, target groups and files: long and random, but not secret. */
  readonly #names: string

  constructor(diagnosis: RedactedParts) {
    const { settings, failureRows } = diagnosis
    const names: string[] = diagnosis.inputs.map((input) => input.name)
    for (const balancer of settings.byLoadBalancer) {
      names.push(balancer.loadBalancer)
      for (const node of balancer.nodes) this.#keep(node)
    }
    for (const group of settings.byTargetGroup) names.push(group.loadBalancer, group.targetGroup, group.name)
    for (const finding of diagnosis.findings) {
      names.push(finding.id, ...finding.scope.loadBalancers, ...(finding.scope.targetGroups ?? []))
      for (const address of [...(finding.scope.targets ?? []), ...(finding.scope.nodes ?? [])]) this.#keep(address)
      for (const sample of finding.samples) this.#keepAddressesOf(sample.raw)
    }
    for (const entry of diagnosis.contradictions) for (const sample of entry.samples) this.#keepAddressesOf(sample.raw)
    for (const row of diagnosis.top.targetGroups) names.push(row.key)
    for (const row of [...diagnosis.top.targets, ...diagnosis.load.map((load) => ({ key: load.target }))])
      this.#keep(row.key)
    if (failureRows) {
      names.push(...failureRows.names.loadBalancers, ...failureRows.names.targetGroups, ...failureRows.names.findings)
      for (const address of [...failureRows.names.targets, ...failureRows.names.nodes]) this.#keep(address)
    }
    // A load balancer node's address is a part of its files' names.
    for (const name of names)
      for (const address of name.match(/(?<=_)(?:\d{1,3}\.){3}\d{1,3}(?=_)/g) ?? []) this.#keep(address)
    this.#names = names.join('\n')
    // Clients are numbered before anything else is read, so that one in a sentence is the one in the row.
    for (const client of failureRows?.columns.client ?? []) if (client) this.clientField(client)
    for (const { samples } of [...diagnosis.findings, ...diagnosis.contradictions])
      for (const sample of samples)
        for (const { name, text } of rowTokens(sample.raw)) if (name === 'client_port') this.#field(name, text)
  }

  /** A whole row: the client's field by its place, everything else by its looks. The fields stay as many as they were. */
  row(raw: string): string {
    const tokens = rowTokens(raw)
    let text = ''
    let from = 0
    for (const token of tokens) {
      const at = raw.indexOf(token.text, from)
      if (at === -1) continue
      text += raw.slice(from, at) + this.#field(token.name, token.text)
      from = at + token.text.length
    }
    // Once more over the whole: in a broken row a secret may stand across fields.
    return this.text(text + raw.slice(from))
  }

  clientField(text: string): string {
    const { host, rest } = splitPort(text)
    return isAddress(host) ? this.#standIn('client', host.toLowerCase()) + rest : this.text(text)
  }

  /** `GET https://shop.example:443/a?b=c d HTTP/1.1`: a broken client may leave spaces in the query. */
  request(text: string): string {
    const parts = /^(.*?)([?#])(.*?)((?: HTTP\/[\d.]+| -)?\s*"?)$/s.exec(text)
    if (!parts) return this.text(text)
    const [, before = '', mark = '', query = '', after = ''] = parts
    const hidden = query
      .split('&')
      .map((pair) => {
        const equals = pair.indexOf('=')
        return equals === -1
          ? this.#hide('v', pair)
          : pair.slice(0, equals + 1) + this.#hide('v', pair.slice(equals + 1))
      })
      .join('&')
    return this.text(before) + mark + this.#words(hidden) + after
  }

  /** Any text: what looks private goes. */
  text(text: string): string {
    if (text.length < 3) return text
    const known = this.#done.get(text)
    if (known !== undefined) return known
    // Credentials first: they are two words, of which a pair's value is only one.
    const hidden = this.#words(
      this.#credentials(text)
        .replace(PAIR, (_, name: string, value: string) => name + this.#hide('v', value))
        .replace(BARE_QUERY, (_, mark: string, value: string) => mark + this.#hide('v', value)),
    )
    this.#done.set(text, hidden)
    return hidden
  }

  #field(name: string, text: string): string {
    if (name === 'client_port') {
      const json = /^("client[^"]*"\s*:\s*"?)(.*?)("?)$/.exec(text)
      return json ? `${json[1]}${this.clientField(json[2] ?? '')}${json[3]}` : this.clientField(text)
    }
    return name === 'request' || name === 'request_line' ? this.request(text) : this.text(text)
  }

  #credentials(text: string): string {
    return text.replace(CREDENTIALS, (whole, word: string, between: string, secret: string) =>
      // "basic authentication" is a word, "Basic dXNlcjpwYXNz" is not.
      /[\d=+/~]|[a-z][A-Z]|.{24}/.test(secret) ? word + between + this.#hide('token', secret) : whole,
    )
  }

  #words(text: string): string {
    return text
      .replace(
        USER_INFO,
        (_, before: string, user: string, after: string) => before + this.#hide('token', user) + after,
      )
      .replace(ASSIGNED, (whole, before: string, secret: string) =>
        STAND_IN.test(secret) ? whole : before + this.#hide('token', secret),
      )
      .replace(JWT, (secret) => this.#hide('token', secret))
      .replace(KNOWN_KEY, (secret) => this.#hide('token', secret))
      .replace(EMAIL, (email) => this.#hide('email', email.toLowerCase().replace(/%40|\\x40/, '@')))
      .replace(LONG_HEX, (secret) => this.#secret(secret))
      .replace(LONG_BASE64, (secret) => (looksRandom(secret) ? this.#secret(secret) : secret))
      .replace(IPV4, (address, offset: number, whole: string) => this.#address(address, whole.slice(0, offset)))
      .replace(IPV6, (address) => this.#addressV6(address))
  }

  #secret(secret: string): string {
    return this.#names.includes(secret) ? secret : this.#hide('token', secret)
  }

  #address(address: string, before: string): string {
    if (!isAddress(address) || this.#ours.has(address)) return address
    const known = this.#standIns.get(`client ${address}`)
    if (known) return known
    // `Chrome/141.0.0.0` is a version.
    if (/[a-z]\/$/i.test(before.slice(-2)) && address.endsWith('.0')) return address
    return this.#standIn('address', address)
  }

  #addressV6(text: string): string {
    const { host, rest } = splitPort(text)
    const candidates: [string, string][] = [
      [host.toLowerCase(), rest],
      [text.toLowerCase(), ''],
    ]
    for (const [address, port] of candidates) {
      if (this.#ours.has(address)) return text
      const known = this.#standIns.get(`client ${address}`)
      if (known) return known + port
    }
    for (const [address, port] of candidates.reverse())
      if (isV6(address)) return this.#standIn('address', address) + port
    return text
  }

  #hide(kind: 'v' | 'token' | 'email', value: string): string {
    return value === '' || STAND_IN.test(value) ? value : this.#standIn(kind, value)
  }

  #standIn(kind: 'client' | 'address' | 'email' | 'token' | 'v', value: string): string {
    const key = `${kind} ${value}`
    const known = this.#standIns.get(key)
    if (known) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const made = kind === 'v' ? `[v${count}]` : `[${kind}-${count}]`
    this.#standIns.set(key, made)
    return made
  }

  #keep(address: string): void {
    this.#ours.add(splitPort(address).host.toLowerCase())
    this.#ours.add(address.toLowerCase())
  }

  #keepAddressesOf(raw: string): void {
    for (const { name, text } of rowTokens(raw)) {
      if (!/^(?:target|backend)_port|^ip_address$/.test(name)) continue
      for (const part of text
        .replace(/^"[^"]*"\s*:/, '')
        .replace(/"/g, '')
        .trim()
        .split(' '))
        this.#keep(part)
    }
  }
}

/** The port is behind the last colon; IPv6 comes with and without brackets. */
function splitPort(text: string): { host: string; rest: string } {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)
  if (bracketed) return { host: bracketed[1] ?? '', rest: bracketed[2] ?? '' }
  const colon = text.lastIndexOf(':')
  if (colon === -1 || !/^\d{1,5}$/.test(text.slice(colon + 1))) return { host: text, rest: '' }
  return { host: text.slice(0, colon), rest: text.slice(colon) }
}

function isAddress(host: string): boolean {
  const parts = host.split('.')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return true
  return isV6(host)
}

function isV6(host: string): boolean {
  if (!/^[0-9a-f:]+$/i.test(host) || (host.match(/[0-9a-f]/gi)?.length ?? 0) < 3) return false
  const groups = host.split(':')
  const isShortened = host.includes('::')
  if (groups.some((group) => group.length > 4)) return false
  return isShortened ? groups.length <= 9 && host.indexOf('::') === host.lastIndexOf('::') : groups.length === 8
}

function looksRandom(text: string): boolean {
  // The load balancer's own id of a client connection joins its logs; it is no secret.
  if (/^TID_[0-9a-f]{32}$/.test(text)) return false
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false
  return text.length >= 40 || (text.match(/\d+/g)?.length ?? 0) >= 2
}
