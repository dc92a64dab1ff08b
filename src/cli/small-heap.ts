import { setFlagsFromString } from 'node:v8'

/** Young generations stay as small as they begin; they would double whenever enough has survived. */
export const NO_GROWTH = '--semi-space-growth-factor=1'
/** Collected again when it has grown by a tenth, not when it has doubled. */
export const COLLECT_OFTEN = '--heap-growing-percent=10'

/**
 * For this process, which does one run: what is thrown away is collected soon. The longest run would have the largest heap,
 * and no run gains by it (docs/performance.md). These are flags of V8, so a version of Node on which they were not tried does
 * without.
 */
export function keepHeapSmall(): void {
  if (!/^v2[0-4]\./.test(process.version)) return
  setFlagsFromString(NO_GROWTH)
  setFlagsFromString(COLLECT_OFTEN)
}
