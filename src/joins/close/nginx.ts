import type { Confidence } from '../../core/vocabulary.ts'
import { type NginxSentence, nginxSentenceOf } from '../../formats/witnesses/nginx-error.ts'
import type { Closing } from '../closing.ts'
import { eventsOf } from '../events-within.ts'
import { concerns, hitsBy, type Joined } from '../joined.ts'
import { requestKey, symptomOf } from '../subjects.ts'
import { type EventKind, type Hit, ONE_TRY } from '../testimony.ts'
import { closeAround, closedByStaleAddress, staleAddress } from './stale-upstream.ts'

/** A stale pooled connection fails at once; whatever takes longer was handed over first. */
const AT_ONCE_MS = 20

const CAUSE_OF: Partial<Record<NginxSentence, string>> = {
  'timed-out-connecting': 'nginx-upstream-timeout',
  'connect-timed-out': 'nginx-upstream-timeout',
  'timed-out-sending': 'nginx-upstream-timeout',
  'timed-out-reading-header': 'nginx-upstream-timeout',
  'timed-out-reading-body': 'nginx-upstream-timeout',
  refused: 'nginx-upstream-refused',
  'no-route': 'nginx-upstream-refused',
  'connect-failed': 'nginx-upstream-refused',
  'out-of-ports': 'snat-port-exhaustion',
  'no-live-upstreams': 'nginx-no-live-upstreams',
  'too-big-header': 'nginx-upstream-header-too-big',
  'invalid-header': 'malformed-response',
  'tls-failed': 'target-tls-handshake-failure',
  limited: 'admission-limit-rejected',
  'not-resolved': 'upstream-dns-stale-or-failed',
  'no-connections': 'proxy-sheds-idle-connections',
  'body-too-large': 'early-response-to-upload',
}

/** nginx answered 502, 503, 504 or 500 itself: the sentence in its error log says why, its access log for whom. */
export function closeByNginx(joined: Joined, failures: readonly number[]): Closing[] {
  const closings: Closing[] = []
  for (const failure of failures) {
    if (symptomOf(joined.subjects, failure) !== 'target-answered') continue
    // nginx only passed on what the app says it answered.
    if (isAnsweredByApp(joined, failure)) continue
    const hits = hitsBy(joined, failure, 'proxy')
    const access = hits.findLast((hit) => hit.row.what === 'request')
    const error = hits.findLast(
      (hit) => hit.row.message !== undefined && nginxSentenceOf(hit.row.message) !== undefined,
    )
    const stale = firstStale(joined, failure, hits)
    const closing = stale ?? (error ? bySentence(joined, failure, error, access) : byAccess(joined, failure, access))
    if (closing) closings.push(closing)
  }
  const around = new Map(closeAround(joined, failures, closings).map((closing) => [closing.failure, closing]))
  return [...closings.filter(({ failure }) => !around.has(failure)), ...around.values()]
}

/** A request that was tried at several addresses has a line for each. */
function firstStale(joined: Joined, failure: number, hits: readonly Hit[]): Closing | undefined {
  for (const hit of hits) {
    const host = staleAddress(joined, failure, hit)
    if (host !== undefined) return closedByStaleAddress(failure, host, shorten(hit.row.message as string))
  }
  return undefined
}

function isAnsweredByApp(joined: Joined, failure: number): boolean {
  const status = joined.subjects.failures.targetStatus[failure]
  return hitsBy(joined, failure, 'app').some((hit) => hit.by === 'trace' && hit.row.status === status)
}

function bySentence(joined: Joined, failure: number, error: Hit, access: Hit | undefined): Closing | undefined {
  const message = error.row.message as string
  const sentence = nginxSentenceOf(message)
  if (sentence === undefined) return undefined
  const cause =
    sentence.id === 'closed-early' || sentence.id === 'reset'
      ? whoClosed(joined, failure, access)
      : CAUSE_OF[sentence.id]
  if (cause === undefined) return undefined
  // A trace id ties the request to nginx; the error log, which has none, is tied to it by request line and second.
  const isTraced = error.by === 'trace' || (access?.by === 'trace' && isOfAccess(error, access))
  // The sentence names the close, not why: that a pooled connection was stale is an inference from its speed.
  const isNamed = cause !== 'upstream-keepalive-mismatch'
  const confidence: Confidence = isTraced && isNamed && !hasRescuedTwin(joined, error) ? 'certain' : 'likely'
  const how = isTraced ? 'matched by trace id' : 'matched by request and time'
  const seconds = timerOf(sentence.id, joined, failure, access)
  return {
    failure,
    cause,
    confidence,
    because: `nginx's error log says why (${how}): "${shorten(message)}": ${sentence.meaning}`,
    ...(seconds === undefined ? {} : { timerSeconds: seconds }),
  }
}

/** Both are written in the second in which the last try failed, and name the same peer. */
function isOfAccess(error: Hit, access: Hit): boolean {
  const slack = 1_100 + Math.max(error.row.timeStepMs, access.row.timeStepMs)
  if (Math.abs(error.timeMs - access.timeMs) > slack) return false
  // Of several lines that say the same it does not matter which one is whose.
  if (error.by === 'unanimous') return true
  return error.row.client === undefined || access.row.client === undefined || error.row.client === access.row.client
}

/** A healthy request for the same at the same time may have left that line, when nginx saved it with another try. */
function hasRescuedTwin({ subjects, controlsSeen }: Joined, error: Hit): boolean {
  const { method, path } = error.row
  if (method === undefined || path === undefined) return false
  const alike = subjects.byRequest.get(requestKey(method, path))
  return (alike?.subjects ?? []).some(
    (subject) =>
      subject >= subjects.failures.length &&
      ((controlsSeen[subject - subjects.failures.length] as number) & ONE_TRY) === 0 &&
      (subjects.start[subject] as number) <= error.timeMs + TWIN_MS + error.row.timeStepMs &&
      (subjects.end[subject] as number) >= error.timeMs - TWIN_MS,
  )
}

const TWIN_MS = 1_000

/** FIN or RST at once, and the app never had it: a pooled connection that the app had just closed. */
function whoClosed(joined: Joined, failure: number, access: Hit | undefined): string {
  const lastTry = access?.row.upstreamMs?.at(-1) ?? joined.subjects.failures.targetMs[failure]
  const isSeenByApp = hitsBy(joined, failure, 'app').length > 0
  return lastTry !== undefined && lastTry >= 0 && lastTry <= AT_ONCE_MS && !isSeenByApp && !isDying(joined, failure)
    ? 'upstream-keepalive-mismatch'
    : 'nginx-upstream-prematurely-closed'
}

const DYING: ReadonlySet<EventKind> = new Set([
  'stopping',
  'worker-killed',
  'worker-timeout',
  'out-of-memory',
  'crashed',
  'killing',
  'back-off',
  'started',
])

/** An app that ends or starts in these seconds closes connections for other reasons than an idle timer. */
function isDying(joined: Joined, failure: number): boolean {
  const end = joined.subjects.end[failure] as number
  return eventsOf(joined, DYING)(end - 5_000, end + 5_000).some(
    (event) => event.timeMs > end - 5_000 && concerns(joined, event, failure) !== 'no',
  )
}

function timerOf(id: NginxSentence, joined: Joined, failure: number, access: Hit | undefined): number | undefined {
  if (!id.startsWith('timed-out')) return undefined
  const ms = access?.row.upstreamMs?.at(-1) ?? joined.subjects.failures.targetMs[failure]
  return ms === undefined || ms <= 0 ? undefined : Math.round(ms / 100) / 10
}

/** Without an error log: what the access log's upstream columns say. */
function byAccess(joined: Joined, failure: number, access: Hit | undefined): Closing | undefined {
  if (access === undefined || access.row.flags !== undefined) return undefined
  const confidence: Confidence = access.by === 'trace' ? 'certain' : 'likely'
  const { upstreamStatus, upstreamMs, upstreamAddress, upstreamHeaderMs, upstreamConnectMs } = access.row
  const last = upstreamStatus?.at(-1)
  const ms = upstreamMs?.at(-1)
  const address = upstreamAddress?.at(-1)
  // "If a server cannot be selected, the variable keeps the name of the server group": ngx_http_upstream_module.
  if (last === '502' && address !== undefined && !/[:/]/.test(address))
    return {
      failure,
      cause: 'nginx-no-live-upstreams',
      confidence,
      because:
        'nginx tried no server: $upstream_addr is the name of the group, which is what it is when none could be selected',
    }
  const app = hitsBy(joined, failure, 'app').flatMap((hit) => hit.row.status ?? [])
  if (last === '504' && ms !== undefined && ms >= 900) {
    if (app.includes(504)) return undefined
    const timerSeconds = Math.round(ms / 100) / 10
    const cause = 'nginx-upstream-timeout'
    if (app.length > 0) {
      const because = `nginx gave up (upstream status 504), and the app answered ${[...new Set(app)].join(', ')} all the same: too late`
      return { failure, cause, confidence, because, timerSeconds }
    }
    // A header would have a time, had one come.
    if (upstreamHeaderMs !== undefined && Number.isNaN(upstreamHeaderMs.at(-1)))
      return {
        failure,
        cause,
        confidence,
        because: 'nginx has upstream status 504 and no $upstream_header_time: no header came, so the 504 is its own',
        timerSeconds,
      }
    return undefined
  }
  if (last !== '502' || app.length > 0 || upstreamConnectMs === undefined || address === undefined) return undefined
  // No connection: refused, no route or the like. What closed an existing one cannot be told from here.
  return Number.isNaN(upstreamConnectMs.at(-1))
    ? {
        failure,
        cause: 'nginx-upstream-refused',
        confidence: 'likely',
        because: 'nginx has upstream status 502 and no $upstream_connect_time: it got no connection',
      }
    : undefined
}

function shorten(message: string): string {
  // Numbers of one request would make as many sentences as failures.
  const text = message
    .replace(/excess: [\d.]+/, 'excess: ...')
    .replace(/body: \d+ bytes/, 'body: ... bytes')
    .replace(/connect\(\) to \S+/, 'connect() to ...')
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}
