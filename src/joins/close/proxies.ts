import type { Closing } from '../closing.ts'
import { hitsBy, type Joined } from '../joined.ts'
import { symptomOf } from '../subjects.ts'
import type { Hit } from '../testimony.ts'

const AT_ONCE_MS = 20

interface Meaning {
  readonly cause: string
  /** What the flag says, in the proxy's words. */
  readonly says: string
}

/** HAProxy's first two letters: who ended it, in which phase. docs.haproxy.org, 8.5 */
const HAPROXY: Readonly<Record<string, Meaning>> = {
  SC: { cause: 'nginx-upstream-refused', says: 'the server refused the connection' },
  sC: { cause: 'nginx-upstream-timeout', says: 'no connection to the server within timeout connect' },
  SH: { cause: 'nginx-upstream-prematurely-closed', says: 'the server closed the connection before its answer' },
  sH: { cause: 'nginx-upstream-timeout', says: 'no answer within timeout server' },
  PH: { cause: 'malformed-response', says: "the server's answer was no valid HTTP" },
  sQ: { cause: 'admission-limit-rejected', says: 'waited for a free slot longer than timeout queue' },
  PC: { cause: 'admission-limit-rejected', says: 'the proxy was at its own connection limit' },
  RC: { cause: 'admission-limit-rejected', says: 'the proxy had no socket or memory left' },
}

/** Envoy's response flags. envoyproxy.io, access log command operators */
const ENVOY: Readonly<Record<string, Meaning>> = {
  UH: { cause: 'nginx-no-live-upstreams', says: 'no healthy upstream' },
  UF: { cause: 'nginx-upstream-refused', says: 'connecting to the upstream failed' },
  UC: { cause: 'nginx-upstream-prematurely-closed', says: 'the upstream closed the connection' },
  UR: { cause: 'nginx-upstream-prematurely-closed', says: 'the upstream reset the stream' },
  UT: { cause: 'nginx-upstream-timeout', says: 'the upstream was slower than the route’s timeout' },
  SI: { cause: 'nginx-upstream-timeout', says: 'the stream was idle for too long' },
  DT: { cause: 'nginx-upstream-timeout', says: 'the request lived too long' },
  UPE: { cause: 'malformed-response', says: "the upstream's answer was no valid HTTP" },
  UO: { cause: 'admission-limit-rejected', says: 'a circuit breaker was open' },
  OM: { cause: 'admission-limit-rejected', says: 'the overload manager shed it' },
  DO: { cause: 'admission-limit-rejected', says: 'load was shed' },
  UDO: { cause: 'admission-limit-rejected', says: 'load was shed' },
  RL: { cause: 'admission-limit-rejected', says: 'it was rate limited' },
  DF: { cause: 'upstream-dns-stale-or-failed', says: "the upstream's name did not resolve" },
}

/** HAProxy and Envoy say in two letters who ended a request, and when. */
export function closeByProxyFlags(joined: Joined, failures: readonly number[]): Closing[] {
  const closings: Closing[] = []
  for (const failure of failures) {
    if (symptomOf(joined.subjects, failure) !== 'target-answered') continue
    const hit = hitsBy(joined, failure, 'proxy').findLast((each) => each.row.flags !== undefined)
    const found = hit && (hit.row.format === 'haproxy-http' ? byHaproxy(joined, hit) : byEnvoy(joined, hit))
    if (found) closings.push({ ...found, confidence: hit.by === 'trace' ? 'certain' : 'likely', failure })
  }
  return closings
}

type Found = Pick<Closing, 'cause' | 'because' | 'title' | 'timerSeconds'>

function byHaproxy(joined: Joined, { row, failure }: Hit): Found | undefined {
  const flags = row.flags ?? ''
  const code = flags.slice(0, 2)
  if (code === '--') return byAnswer(joined, failure, 'HAProxy', flags)
  const isNowhere = row.upstreamAddress?.at(-1)?.endsWith('<NOSRV>') ?? false
  const meaning =
    code === 'SC' && isNowhere ? { cause: 'nginx-no-live-upstreams', says: 'no server was up' } : HAPROXY[code]
  return (
    meaning && found('HAProxy', `termination state ${flags}`, refined(joined, failure, row, meaning), row.durationMs)
  )
}

function byEnvoy(joined: Joined, { row, failure }: Hit): Found | undefined {
  const [codes = '', details = ''] = (row.flags ?? '').split(' ')
  if (codes === '-' || details === 'via_upstream')
    return byAnswer(joined, failure, 'Envoy', details === '' ? codes : details)
  for (const code of codes.split(',')) {
    const meaning = ENVOY[code]
    if (meaning === undefined) continue
    const isTimeout = code === 'UF' && /timeout/i.test(row.flags ?? '')
    return found(
      'Envoy',
      `response flag ${codes}${details === '' || details === '-' ? '' : `, ${details}`}`,
      isTimeout
        ? { cause: 'nginx-upstream-timeout', says: 'no connection to the upstream in time' }
        : refined(joined, failure, row, meaning),
      row.durationMs,
    )
  }
  return undefined
}

/** A connection that ends at once, unknown to the app, was a pooled one that the app had closed. */
function refined(joined: Joined, failure: number, row: Hit['row'], meaning: Meaning): Meaning {
  if (meaning.cause !== 'nginx-upstream-prematurely-closed') return meaning
  const isAtOnce = row.durationMs !== undefined && row.durationMs <= AT_ONCE_MS
  return isAtOnce && hitsBy(joined, failure, 'app').length === 0
    ? { ...meaning, cause: 'upstream-keepalive-mismatch' }
    : meaning
}

function byAnswer(joined: Joined, failure: number, proxy: string, flags: string): Found | undefined {
  // The app's own log, when there is one, says it better.
  if (hitsBy(joined, failure, 'app').length > 0) return undefined
  return {
    cause: 'application-error',
    because: `${proxy} passed the answer on unchanged (${flags}): the server behind it wrote it`,
  }
}

const TITLES: Readonly<Record<string, string>> = {
  'nginx-upstream-refused': 'could not connect to the app',
  'nginx-upstream-timeout': 'waited for the app longer than its timeout',
  'nginx-upstream-prematurely-closed': 'lost its connection to the app before the answer',
  'nginx-no-live-upstreams': 'had no server left that it was willing to try',
}

function found(proxy: string, flags: string, { cause, says }: Meaning, durationMs: number | undefined): Found {
  const title = TITLES[cause]
  const isTimer = cause === 'nginx-upstream-timeout' && durationMs !== undefined
  return {
    cause,
    because: `${proxy}'s log says why (${flags}): ${says}`,
    ...(title === undefined ? {} : { title: `${proxy} ${title}` }),
    ...(isTimer ? { timerSeconds: Math.round(durationMs / 100) / 10 } : {}),
  }
}
