import { nginxSentenceOf } from '../formats/witnesses/nginx-error.ts'
import type { EventKind } from './testimony.ts'

/** Sentences of app servers, runtimes and probes that say what happened to a process. Sources: docs/witnesses.md. */
const SENTENCES: readonly (readonly [RegExp, EventKind])[] = [
  [/WORKER TIMEOUT/, 'worker-timeout'],
  [/was sent SIGKILL! Perhaps out of memory/, 'out-of-memory'],
  [/was sent SIG(?:ABRT|SEGV|BUS|ILL)|terminated due to signal|exited with code (?!0\b)\d/, 'worker-killed'],
  [/heap out of memory|java\.lang\.OutOfMemoryError|\boom-kill|[Oo]ut of memory: Kill(?:ed)? process/, 'out-of-memory'],
  [/nf_conntrack: table full|ip_conntrack: table full/, 'conntrack-full'],
  [/Possible SYN flooding on port/i, 'syn-flood'],
  [/Autorestarting worker after current request|Maximum request limit of \d+ exceeded/, 'worker-recycled'],
  [/Cancel \d+ running task\(s\), timeout graceful shutdown exceeded/, 'grace-exceeded'],
  [/Exceeded concurrency limit/, 'limit-reached'],
  [/QueuePool limit of size|connection pool (?:is )?exhausted|Timeout acquiring (?:a )?connection/i, 'pool-exhausted'],
  [
    /Response content (?:shorter|longer) than Content-Length|Too (?:little|much) data for declared Content-Length|does not match the content-length of \d+ byte|wrote more than the declared Content-Length|Response Content-Length mismatch/,
    'wrong-length',
  ],
  [/Readiness probe failed/, 'readiness-failed'],
  [/Liveness probe failed/, 'liveness-failed'],
  [/^(?:Shutting down|Received signal|Handling signal: (?:term|quit|int)|SIGTERM received)/, 'stopping'],
  [/^Started server process|^Booting worker with pid|^Starting gunicorn/, 'started'],
  [/^(?:panic:|fatal error:)|^Segmentation fault|unhandled ?Rejection|uncaughtException/i, 'crashed'],
]

/** undefined: nothing that could have failed a request. */
export function eventKindOf(message: string, isNginx: boolean): EventKind | undefined {
  if (isNginx) {
    switch (nginxSentenceOf(message)?.id) {
      case 'no-connections':
        return 'no-connections'
      case 'reload':
        return 'reload'
      case 'worker-died':
        return 'worker-killed'
      case 'shutdown':
        return 'stopping'
      default:
        return /upstream server temporarily disabled/.test(message) ? 'upstream-banned' : undefined
    }
  }
  for (const [pattern, kind] of SENTENCES) if (pattern.test(message)) return kind
  return undefined
}
