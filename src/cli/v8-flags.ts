import { setFlagsFromString } from 'node:v8'

/** Young generations stay as small as they begin; they would double whenever enough has survived. */
export const NO_GROWTH = '--semi-space-growth-factor=1'
/** Collected again when it has grown by a tenth, not when it has doubled. */
const COLLECT_OFTEN = '--heap-growing-percent=10'

/** How often code runs before it is compiled at great length; the versions of V8 count it differently. */
const patience: Readonly<Record<string, string>> = {
  20: '--interrupt-budget=500000',
  22: '--invocation-count-for-turbofan=12000',
  24: '--invocation-count-for-turbofan=12000',
}

export function flagsFor(nodeVersion: string): readonly string[] {
  const waits = patience[nodeVersion.replace(/^v(\d+)\..*/, '$1')]
  return waits === undefined ? [] : [NO_GROWTH, COLLECT_OFTEN, waits]
}

/**
 * For this process, which does one short run: what is thrown away is collected soon, since no run gains by a larger heap, and
 * less is compiled while the cores read (docs/performance.md). V8's flags are its own, so a version of Node on which they were
 * not tried does without.
 */
export function setFlagsOfOneRun(): void {
  for (const flag of flagsFor(process.version)) setFlagsFromString(flag)
}
