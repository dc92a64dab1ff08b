/** What the diagnosis knows about one finding's scope. Everything may be missing; fixes then take documented defaults and say so. */
export interface CauseNumbers {
  /** The load balancer's idle timeout, given or inferred. Default 60. */
  readonly idleTimeoutSeconds?: number
  /** The target's keep-alive, as the echo test found it. */
  readonly keepAliveSeconds?: number
  /** Ids of `settings/servers.ts` that fit. */
  readonly servers?: readonly string[]
  /** Busiest second or minute, per target. */
  readonly peakPerSecond?: number
  /** Mean time a target works on a request. */
  readonly serviceSeconds?: number
  readonly p99Seconds?: number
  /** Slowest request that still succeeded. */
  readonly slowestSeconds?: number
  /** Requests open on one target at once: the largest seen. */
  readonly openRequests?: number
  /** The level at which throughput stops to grow. */
  readonly concurrencyLimit?: number
  readonly targets?: number
  readonly targetType?: 'instance' | 'ip' | 'unknown'
  /** A constant wait that the failures share (a timer). */
  readonly timerSeconds?: number
  /** One node of the load balancer fails, and the others reach the same targets. */
  readonly isOneNode?: boolean
  /** Failures and requests of the finding. */
  readonly failures?: number
  readonly requests?: number
}

/** `12.5`, `0.8`, `60`: at most two digits after the point, no exponent. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return 'unlimited'
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(1)
  return String(Math.round(value * 100) / 100)
}

/** The idle timeout and a half-sentence that says where it comes from. */
export function idleTimeout(numbers: CauseNumbers): { readonly seconds: number; readonly said: string } {
  const seconds = numbers.idleTimeoutSeconds
  if (seconds === undefined) return { seconds: 60, said: 'the idle timeout of 60 s (the default; not known here)' }
  return { seconds, said: `the idle timeout of ${number(seconds)} s` }
}

/** Keep-alive that is safely above an idle timeout: 15 s more. */
export function safeKeepAlive(idleTimeoutSeconds: number): number {
  return Math.ceil(idleTimeoutSeconds) + 15
}
