import { setFlagsFromString } from 'node:v8'

export const NO_GROWTH = '--semi-space-growth-factor=1'

/**
 * For this process, which does one run: young generations stay as small as they begin. They would double whenever enough has
 * survived, so that the longest run has the largest, and no run gains by it (docs/performance.md). It is a flag of V8, so a
 * version of Node on which it was not tried does without.
 */
export function keepYoungGenerationsSmall(): void {
  if (/^v2[0-4]\./.test(process.version)) setFlagsFromString(NO_GROWTH)
}
