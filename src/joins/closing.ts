import type { Confidence } from '../core/vocabulary.ts'
import type { Joined } from './joined.ts'

/** A witness names the cause of one failure. */
export interface Closing {
  readonly failure: number
  readonly cause: string
  readonly confidence: Confidence
  /** The same words for all failures it says this about; what comes before is `N of M: `. */
  readonly because: string
  /** Left out: the catalogue's title. */
  readonly title?: string
  /** Causes that this contradicts: it stands also where one of them was likely. */
  readonly refutes?: readonly string[]
  /** Look-alikes that it does not rule out. */
  readonly candidates?: readonly string[]
  /** A timer that the witness shows, seconds. */
  readonly timerSeconds?: number
}

/** Looks at what all witnesses say and names causes. Failures it has no word on are left out. */
export type Closer = (joined: Joined, failures: readonly number[]) => Closing[]
