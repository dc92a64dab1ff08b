import type { FieldSpec, LogFormat } from '../formats/define-format.ts'

/** A way to read a field at a place: where its text ends, and how far that is from what AWS writes. */
export interface Reading {
  readonly end: number
  readonly cost: number
  readonly isQuoted: boolean
}

/** Cost of one deviation. Lost spaces are cheap, values that fit no shape are dear: so spaces are put where shapes end. */
export const COST = {
  doubledSpace: 0.5,
  lostSpace: 2,
  quotes: 3,
  loose: 3,
  odd: 6,
  missing: 7,
  wrongKind: 6,
  tail: 5,
  cut: 4,
  extra: 0.5,
} as const

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?/y
const IPV4_ENDPOINT = /(?:[1-9]\d{0,2})(?:\.\d{1,3}){3}:\d{1,5}/y
const IPV6_ENDPOINT = /\[?[0-9a-fA-F]{0,4}:[0-9a-fA-F:]+\]?:\d{1,5}/y
/** `::ffff:192.0.2.1:443`. */
const MAPPED_ENDPOINT = /\[?[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]+\]?:\d{1,5}(?=\s|$)/y
const PRIVATE = /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/

/** Exact shapes, first choice. A value is as AWS writes it, so that a lost space after it shows. */
const BY_NAME: Readonly<Record<string, readonly RegExp[]>> = {
  type: [/(?:https?|h2c?|grpcs?|wss?|tls|lambda)(?=\s|\d{4}-)/y, /[\w.-]+(?=\s)/y],
  elb: [/(?:app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-f]{16}/y, /[A-Za-z0-9-]+?(?=\d{1,3}(?:\.\d{1,3}){3}:)/y],
  request: [/"[^"]*"/y],
  user_agent: [/"[^"]*"/y],
  ssl_cipher: [/[A-Z][A-Z0-9_-]+?(?=TLSv|SSLv|\s|$)/y],
  ssl_protocol: [/TLSv1(?:\.[0-3])?|SSLv[23]/y],
  target_group_arn: [/arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[A-Za-z0-9-]+\/[0-9a-f]{16}/y],
  matched_rule_priority: [/-1|0|[1-9]\d{0,4}(?=\s|$)|[1-9]\d{0,4}?(?=\d{4}-\d\d-\d\dT)/y],
  conn_trace_id: [/TID_[0-9A-Za-z]+/y],
  status: [/PASS|FAIL/y],
  version: [/\d\.\d/y],
}

/** Shapes of quoted fields whose quotes a shell took. */
const BARE: Readonly<Record<string, RegExp>> = {
  trace_id: /(?:Root|Self)=[^\s"]+/y,
  domain_name: /[A-Za-z0-9*][\w.*:-]*/y,
  chosen_cert_arn: /arn:[^\s"]+|session-reused/y,
  actions_executed:
    /(?:authenticate|fixed-response|forward|redirect|rewrite|waf-failed|waf|jwt-validation)(?:,[a-z-]+)*/y,
  error_reason: /[A-Z][A-Za-z0-9]+/y,
  classification: /Acceptable|Ambiguous|Severe/y,
  classification_reason: /[A-Z][A-Za-z]+/y,
  request_transform_status: /Transform[A-Za-z]+/y,
  redirect_url: /[a-z]+:\/\/[^\s"]+/y,
  'target:port_list': /[^\s"]+:\d{1,5}(?=\s|$)/y,
  target_status_code_list: /\d{3}(?=\s|$)/y,
  transformed_host: /[\w.-]+(?::\d+)?/y,
  transformed_uri: /\/[^\s"]*/y,
}

const QUOTED = /"(?:[^"\\]|\\.)*"/y
/** Several quoted words in one field (NLB). */
const QUOTED_LIST = /"[^"]*"(?:,"[^"]*")*/y
const WORD = /[^\s"]+/y
const ANY_TOKEN = /"[^"]*"|\S+/y
const LONGEST_AGENT_WORDS = 60

/** `hasQuotes`: a shell may have taken all of them; then their absence says nothing. */
export function readingsOf(format: LogFormat, index: number, text: string, at: number, hasQuotes: boolean): Reading[] {
  const spec = format.fields[index]
  const readings: Reading[] = []
  const add = (end: number | undefined, cost: number, isQuoted = false): void => {
    if (end === undefined || end <= at) return
    const isOther = spec?.signature !== undefined && !spec.signature.test(text.slice(at, end))
    const total = isOther ? cost + COST.wrongKind : cost
    if (!readings.some((one) => one.end === end && one.cost <= total)) readings.push({ end, cost: total, isQuoted })
  }
  if (!spec) {
    add(match(ANY_TOKEN, text, at), COST.extra, text[at] === '"')
    return readings
  }
  const quoted = match(spec.name === 'alpn_client_preference_list' ? QUOTED_LIST : QUOTED, text, at)
  if (quoted !== undefined) add(quoted, spec.quoted ? 0 : COST.quotes, true)
  else if (text[at] === '"') add(text.length, COST.cut, true)
  const bareCost = hasQuotes ? COST.quotes : 0.05
  // `-1` before a further digit is a lost space: `-1502` is -1 and 502.
  for (const absent of spec.absent ?? ['-'])
    if (text.startsWith(absent, at)) add(at + absent.length, spec.quoted && hasQuotes ? 0.2 : 0)
  if (spec.quoted) bareReadings(spec, text, at, (end, cost = 0) => add(end, bareCost + cost))
  else exactReadings(spec, format.id === 'alb', text, at, add)
  add(match(WORD, text, at), COST.odd)
  return readings
}

function exactReadings(
  spec: FieldSpec,
  isAlb: boolean,
  text: string,
  at: number,
  add: (end: number | undefined, cost: number) => void,
): void {
  const shapes = BY_NAME[spec.name]
  shapes?.forEach((shape, index) => {
    add(match(shape, text, at), index * 0.5)
  })
  switch (spec.kind) {
    case 'time':
      add(match(TIME, text, at), 0)
      return
    case 'endpoint':
      for (const end of endpointEnds(text, at)) {
        const isUnlikely = !spec.name.startsWith('client') && !PRIVATE.test(text.slice(at, end))
        add(end, isUnlikely ? 0.3 : 0)
      }
      return
    case 'address':
      add(match(/\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+/y, text, at), 0)
      return
    case 'seconds':
      // ALB writes milliseconds, Classic microseconds; a space may be lost after either.
      add(match(isAlb ? /-1|(?:0|[1-9]\d*)\.\d{3}/y : /-1|(?:0|[1-9]\d*)\.\d{6}/y, text, at), 0)
      add(match(/-?\d+(?:\.\d+)?(?=\s|$)/y, text, at), 0)
      return
    case 'status':
      add(match(/[1-5]\d{2}|000/y, text, at), 0)
      return
    case 'integer':
      if (!shapes) add(match(/\d+/y, text, at), 0)
      return
    case 'milliseconds':
    case 'port':
      add(match(/\d+/y, text, at), 0)
      return
    case 'hex':
      add(match(/0x[0-9a-f]+|[0-9a-f]+(?=\s|$)/iy, text, at), 0)
      return
    case 'arn':
      add(match(/arn:[^\s"]+/y, text, at), COST.loose)
      return
    case 'text':
      add(match(WORD, text, at), shapes ? COST.loose : 0)
  }
}

function bareReadings(
  spec: FieldSpec,
  text: string,
  at: number,
  add: (end: number | undefined, cost?: number) => void,
): void {
  if (spec.name === 'request') {
    const ends = /(?:-|[A-Z][A-Z_-]*) \S.*? ?(?:HTTP\/\d(?:\.\d)?|- ?)(?= |$)/y
    add(match(ends, text, at))
    return
  }
  if (spec.name === 'user_agent') {
    let end = at
    for (let word = 0; word < LONGEST_AGENT_WORDS && end < text.length; word++) {
      const space = text.indexOf(' ', end + 1)
      end = space < 0 ? text.length : space
      if (text.slice(at, end).includes('"')) return
      add(end, word * 0.05)
    }
    return
  }
  const shape = BARE[spec.name]
  if (shape) add(match(shape, text, at))
}

/** Ports may run into the next field (`:281710.0.0.1:80`): every length that is a port is a reading. */
function endpointEnds(text: string, at: number): number[] {
  const v4 = match(IPV4_ENDPOINT, text, at)
  if (v4 !== undefined) {
    const octets = text.slice(at, text.lastIndexOf(':', v4)).split('.')
    return octets.some((octet) => Number(octet) > 255) ? [] : portEnds(text, v4)
  }
  const v6 = match(IPV6_ENDPOINT, text, at)
  const mapped = match(MAPPED_ENDPOINT, text, at)
  return [...(v6 === undefined ? [] : portEnds(text, v6)), ...(mapped === undefined ? [] : [mapped])]
}

function portEnds(text: string, longest: number): number[] {
  const colon = text.lastIndexOf(':', longest)
  const isAlone = longest === text.length || /\s/.test(text[longest] ?? '')
  const ends: number[] = []
  for (let end = longest; end > colon + 1 && (ends.length === 0 || !isAlone); end--)
    if (Number(text.slice(colon + 1, end)) <= 65_535 && text[colon + 1] !== '0') ends.push(end)
  return ends
}

function match(shape: RegExp, text: string, at: number): number | undefined {
  shape.lastIndex = at
  const found = shape.exec(text)
  return found ? at + found[0].length : undefined
}
