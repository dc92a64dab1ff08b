import { setFlagsFromString } from 'node:v8'

/** Rows after which a run is a long one. */
const MANY_ROWS = 2_500_000
export const NO_GROWTH = '--semi-space-growth-factor=1'

/**
 * For this process, which does one run: once it has read many rows, young generations stay as large as these made them. They
 * would double whenever enough has survived, so that the longest run has the largest, and gains nothing by it. It is a
 * flag of V8, so a version of Node on which it was not tried does without.
 */
export function createYoungLimit(set: (flag: string) => void = setFlagsFromString): (rows: number) => void {
  let isDone = !/^v2[0-4]\./.test(process.version)
  return (rows) => {
    if (isDone || rows < MANY_ROWS) return
    isDone = true
    set(NO_GROWTH)
  }
}
