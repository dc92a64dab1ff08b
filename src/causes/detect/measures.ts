/** What detectors may ask about a group; the engine computes each when first asked. See src/evidence for the meaning. */
export interface Measures {
  readonly requests: number
}
