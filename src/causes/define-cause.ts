import type { Hop, Symptom, WitnessKind } from '../core/vocabulary.ts'

/** One cause of the catalogue. The file's name is its id. */
export interface CauseDefinition {
  readonly meta: {
    readonly id: string
    /** Its number in the catalogue (reference order); two ids may share one. */
    readonly number: number
    readonly family: Family
    /** One sentence, past tense: what broke. */
    readonly title: string
    readonly hop: Hop
    /** Every symptom it can explain, the usual one first. Empty for those that leave no row. */
    readonly symptoms: readonly Symptom[]
    /** `row`: one row names it. `rows`: many rows, with a control. `witness`: only another source can make it likely. */
    readonly decidedBy: 'row' | 'rows' | 'witness'
    /** Witnesses that raise or lower the confidence. */
    readonly wants: readonly WitnessKind[]
    readonly since: string
    /** Addresses, RFC sections, and `lab: SCENARIO` for those that make it. */
    readonly sources: readonly string[]
  }
  readonly docs: CauseDocs
}

export type Family = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I'

export interface CauseDocs {
  /** What happened. */
  readonly what: string
  /** Why that yields this status and these fields. */
  readonly why: string
  /** What to change, first thing first. */
  readonly act: string
  /** What one row of the load balancer's log looks like, and what many rows show. */
  readonly inTheLog: { readonly row: string; readonly many: string }
  /** What the same event looks like in other places; `nothing` is an answer too. */
  readonly elsewhere: { readonly appLog: string; readonly proxyLog: string; readonly cloudwatch: string }
  /** Commands or steps that prove it, in order of cost. */
  readonly prove: readonly { readonly do: string; readonly expect: string }[]
  /** Settings, per server or hop. `set` is what to write. */
  readonly fix: readonly { readonly where: string; readonly set: string; readonly because: string }[]
  /** One sentence, only where `fix` is empty: why nothing can or should be changed. */
  readonly noFix?: string
  /** What is often said about it and is wrong, and what is true. */
  readonly folklore?: readonly { readonly claim: string; readonly truth: string }[]
  /** Neighbours, and the measure that tells them apart. */
  readonly lookalikes: readonly { readonly cause: string; readonly tell: string }[]
  /** Why the log alone cannot name it, and which measurement can: for causes that nothing in why5xx ever claims. */
  readonly logAlone?: string
  /** Short: what would settle it when it is only a candidate. */
  readonly settledBy: readonly string[]
}

export function defineCause(cause: CauseDefinition): CauseDefinition {
  return cause
}
