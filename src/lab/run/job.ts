/** What a run gets told; the process inside the world reads it as JSON. */
export interface RunJob {
  readonly scenario: string
  readonly fix: string | undefined
  readonly seed: number
  /** Visitors, times what the scenario has. */
  readonly traffic: number
  /** Holds `incident/` (what people would have) and `truth/` (what only the lab knows). */
  readonly folder: string
}

/** What the process inside the world prints, one JSON object a line. */
export type RunMessage =
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'event'; readonly atSeconds: number; readonly text: string }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly code?: string
      readonly hint?: string
      readonly exit?: number
    }
  | { readonly kind: 'done'; readonly isComplete: boolean }
