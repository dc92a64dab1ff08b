import type { Evidence } from '../core/diagnosis.ts'
import type { Confidence, Hop } from '../core/vocabulary.ts'

/** What one detector says about some failures: a cause with its evidence, or `cause: null` with ranked candidates. */
export interface Claim {
  readonly cause: string | null
  readonly confidence: Confidence | null
  /** One plain sentence; left out: the catalogue's title of the cause. */
  readonly title?: string
  readonly hop?: Hop
  /** Indices of failures. */
  readonly failures: readonly number[]
  readonly because: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly ruledOut: readonly { readonly cause: string; readonly why: string }[]
  /** Other causes that stay possible, best first. */
  readonly candidates: readonly string[]
  /** Of an undetermined claim: the one look-alike in the way, and what would be likely if a witness ruled it out. */
  readonly butFor?: { readonly lookAlike: string; readonly cause: string }
  /** Names of the fields that decided, for the sample rows. */
  readonly decidedBy: readonly string[]
  readonly numbers: ClaimNumbers
}

/** Numbers that a fix can be computed from (seconds, requests per second). */
export interface ClaimNumbers {
  readonly keepAliveSeconds?: number
  /** Every failure came this long after an earlier answer, but so did most healthy requests: it needs a witness. */
  readonly suspectedKeepAliveSeconds?: number
  /** Ids of servers whose default that is. */
  readonly servers?: readonly string[]
  readonly timerSeconds?: number
  readonly concurrencyLimit?: number
  readonly openRequests?: number
  /** One node of the load balancer fails, and the others reach the same targets. */
  readonly isOneNode?: boolean
}
