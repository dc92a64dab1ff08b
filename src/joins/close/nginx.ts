import type { Confidence } from '../../core/vocabulary.ts'
import { type NginxSentence, nginxSentenceOf } from '../../formats/witnesses/nginx-error.ts'
import type { Closing } from '../closing.ts'
import { concerns, hitsBy, type Joined } from '../joined.ts'
import { symptomOf } from '../subjects.ts'
import type { Hit } from '../testimony.ts'

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
    const hits = hitsBy(joined, failure, 'proxy')
    const access = hits.findLast((hit) => hit.row.what === 'request')
    const error = hits.findLast(
      (hit) => hit.row.message !== undefined && nginxSentenceOf(hit.row.message) !== undefined,
    )
    const closing = error ? bySentence(joined, failure, error, access) : byAccess(joined, failure, access)
    if (closing) closings.push(closing)
  }
  return closings
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
  const isTraced = access?.by === 'trace' || error.by === 'trace'
  // The sentence names the close, not why: that a pooled connection was stale is an inference from its speed.
  const isNamed = cause !== 'upstream-keepalive-mismatch'
  const confidence: Confidence = isTraced && isNamed ? 'certain' : 'likely'
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

/** FIN or RST at once, and the app never had it: a pooled connection that the app had just closed. */
function whoClosed(joined: Joined, failure: number, access: Hit | undefined): string {
  const lastTry = access?.row.upstreamMs?.at(-1) ?? joined.subjects.failures.targetMs[failure]
  const isSeenByApp = hitsBy(joined, failure, 'app').length > 0
  return lastTry !== undefined && lastTry >= 0 && lastTry <= AT_ONCE_MS && !isSeenByApp && !isDying(joined, failure)
    ? 'upstream-keepalive-mismatch'
    : 'nginx-upstream-prematurely-closed'
}

const DYING = new Set([
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
  return joined.events.some(
    (event) =>
      DYING.has(event.kind) &&
      event.timeMs > end - 5_000 &&
      event.timeMs < end + 5_000 &&
      concerns(joined, event, failure) !== 'no',
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
  const { upstreamStatus, upstreamMs, status } = access.row
  const last = upstreamStatus?.at(-1)
  const ms = upstreamMs?.at(-1)
  // 504 without a row of the app: the app never answered nginx. With one, the app's own status decides.
  if (last === '504' && ms !== undefined && ms >= 900) {
    const app = hitsBy(joined, failure, 'app')
    if (app.some((hit) => hit.row.status === 504)) return undefined
    const answers = app.flatMap((hit) => hit.row.status ?? [])
    if (answers.length === 0) return undefined
    return {
      failure,
      cause: 'nginx-upstream-timeout',
      confidence: access.by === 'trace' ? 'certain' : 'likely',
      because: `nginx gave up (upstream status 504), and the app answered ${[...new Set(answers)].join(', ')} all the same: too late`,
      timerSeconds: Math.round(ms / 100) / 10,
    }
  }
  if (status === 503 && last === undefined && upstreamMs === undefined) return undefined
  return undefined
}

function shorten(message: string): string {
  // Numbers of one request would make as many sentences as failures.
  const text = message
    .replace(/excess: [\d.]+/, 'excess: ...')
    .replace(/body: \d+ bytes/, 'body: ... bytes')
    .replace(/connect\(\) to \S+/, 'connect() to ...')
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}
