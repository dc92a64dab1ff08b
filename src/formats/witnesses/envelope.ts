import type { Envelope } from './define-line-format.ts'
import { parseLogTime, parseSyslogTime } from './log-time.ts'

export interface Unwrapped extends Envelope {
  readonly line: string
}

const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)`
// biome-ignore lint/suspicious/noControlCharactersInRegex: stern and docker compose colour what they put before a line
const COLOUR = /\u001b\[[\d;]*m/g
/** `[pod/reports-1/app] 2026-11-23T02:18:52.642Z text`: kubectl logs --prefix, with or without --timestamps. */
const KUBECTL = new RegExp(String.raw`^\[(?:pod/)?([a-z0-9][a-z0-9.-]*)/([a-z0-9-]+)\] (?:(${ISO}) )?`)
/** `2026-11-23T02:18:52.642Z stderr F text`: the node's own file (CRI). */
const CRI = /^std(?:out|err) [FP] /
/** `2026-11-23T02:18:52.642Z [reports-1] text`, `2026-11-23T02:18:52.642Z text` (kubectl logs --timestamps). */
const STAMPED = new RegExp(String.raw`^(${ISO}) (?:\[([a-z0-9][a-z0-9./-]*)\] )?`)
/** `reports-6d5c9f7b8-x2x9p app text`: stern. */
const STERN = /^([a-z0-9][a-z0-9-]*-[a-z0-9]{6,10}-[a-z0-9]{5}) ([a-z0-9][a-z0-9-]*) /
const COMPOSE = /^([a-zA-Z0-9][\w.-]*?)\s+\| /
/** `web-1 haproxy[7]: `, behind the time of RFC 5424-like syslog. */
const TAGGED = /^([\w.-]+) ([a-z][\w./-]*)(?:\[\d+\])?: /
const SYSLOG = /^(?:<\d{1,3}>)?(\w{3} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d{6})? ([\w.-]+) ([a-z][\w./-]*)(?:\[\d+\])?: /

/**
 * Takes off what kubectl, stern, a container runtime, docker compose or syslog put before a line. `aroundMs`: the time that
 * a syslog's lines, which have no year, are taken to be near.
 */
export function unwrapLine(raw: string, aroundMs = Number.NaN): Unwrapped {
  let line = raw.includes('\u001b') ? raw.replace(COLOUR, '') : raw
  if (line.endsWith('\r')) line = line.slice(0, -1)
  const first = line.charCodeAt(0)
  if (first === 0x7b) return unwrapJson(line)
  if (first === 0x5b) {
    const kubectl = KUBECTL.exec(line)
    if (kubectl) return unwrapped(line.slice(kubectl[0].length), kubectl[3], `${kubectl[1]}/${kubectl[2]}`)
  }
  // A digit: a time stands first.
  if (first >= 0x30 && first <= 0x39) {
    const stamped = STAMPED.exec(line)
    if (stamped === null) return unwrapped(line, undefined, '')
    const rest = line.slice(stamped[0].length)
    if (stamped[2] !== undefined) return unwrapped(rest, stamped[1], stamped[2])
    if (rest.startsWith('std')) {
      const cri = CRI.exec(rest)
      if (cri) return unwrapped(rest.slice(cri[0].length), stamped[1], '')
    }
    const tagged = TAGGED.exec(rest)
    if (tagged) {
      // The kernel's lines have no time of their own; a server's own is the better one.
      const time = tagged[2] === 'kernel' ? stamped[1] : undefined
      return unwrapped(rest.slice(tagged[0].length), time, `${tagged[1]}/${tagged[2]}`)
    }
    return unwrapped(rest, stamped[1], '')
  }
  const stern = STERN.exec(line)
  if (stern) {
    const inner = unwrapLine(line.slice(stern[0].length))
    return { ...inner, source: `${stern[1]}/${stern[2]}` }
  }
  const syslog = SYSLOG.exec(line)
  if (syslog) {
    const time = syslog[3] === 'kernel' ? parseSyslogTime(syslog[1] as string, aroundMs) : undefined
    return { line: line.slice(syslog[0].length), time, source: `${syslog[2]}/${syslog[3]}` }
  }
  const compose = line.includes(' | ') ? COMPOSE.exec(line) : null
  if (compose) return unwrapped(line.slice(compose[0].length), undefined, compose[1] as string)
  return unwrapped(line, undefined, '')
}

/** Docker's json-file and what fluent-bit makes of it; any other object stays as it is. */
function unwrapJson(line: string): Unwrapped {
  if (!line.includes('"log"')) return unwrapped(line, undefined, '')
  try {
    const record = JSON.parse(line) as Record<string, unknown>
    const { log, time, kubernetes } = record
    if (typeof log !== 'string') return unwrapped(line, undefined, '')
    const pod = typeof kubernetes === 'object' && kubernetes !== null ? (kubernetes as Record<string, unknown>) : {}
    const source = [pod.pod_name, pod.container_name].filter((name) => typeof name === 'string').join('/')
    const inner = unwrapLine(log.trimEnd())
    return {
      line: inner.line,
      time: inner.time ?? (typeof time === 'string' ? parseLogTime(time) : undefined),
      source: source === '' ? inner.source : source,
    }
  } catch {
    return unwrapped(line, undefined, '') // cut, or no JSON: whoever parses the line will count it
  }
}

function unwrapped(line: string, time: string | undefined, source: string): Unwrapped {
  return { line, time: time === undefined ? undefined : parseLogTime(time), source }
}
