import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { diagnoseMade } from '../../testing/diagnose-made.ts'

const nodes = ['10.0.16.11:30080', '10.0.16.12:30080', '10.0.16.13:30080']

interface Silence {
  readonly untilMs: number
  /** Every n-th request to it goes out on an open connection. */
  readonly stuckEvery: number
  readonly targets: readonly string[]
}

/** From 60 s on the last target is silent; a health check takes it out 40 s later. */
function log60(log: MadeLog, { untilMs, stuckEvery, targets }: Silence): void {
  for (let n = 0; n < 900; n++) {
    const atMs = n * 200
    const target = targets[n % targets.length] as string
    const isLast = target === targets.at(-1)
    if (isLast && atMs >= 100_000 && atMs < untilMs) continue
    const isSilent = isLast && atMs >= 60_000 && atMs < 100_000
    const isStuck = isSilent && n % stuckEvery === 0
    log.add({
      atMs,
      node: n % 2,
      target,
      path: '/',
      elapsedMs: isStuck ? 60_001 : isSilent ? 10_001 : 20,
      ...(isSilent
        ? { elbStatus: 504, ...(isStuck ? {} : { isConnectFailure: true }) }
        : { elbStatus: 200, targetStatus: 200 }),
    })
  }
}

async function first(silence: Partial<Silence>): Promise<{ cause: string | null; confidence: string | null }> {
  const diagnosis = await diagnoseMade((log) =>
    log60(log, { untilMs: Number.POSITIVE_INFINITY, stuckEvery: 8, targets: nodes, ...silence }),
  )
  const [{ cause, confidence } = { cause: null, confidence: null }] = diagnosis.findings
  return { cause, confidence }
}

describe('a node that falls silent', () => {
  it('for good, on open connections too, is possibly gone', async () => {
    expect(await first({})).toEqual({ cause: 'node-removed-before-deregistration', confidence: 'possible' })
  })

  it('is undetermined where it comes back, or where open connections went on: a rule drops new ones only', async () => {
    expect(await first({ untilMs: 130_000 })).toEqual({ cause: null, confidence: null })
    expect(await first({ stuckEvery: 10_000 })).toEqual({ cause: null, confidence: null })
  })

  it('is no node where targets are pods', async () => {
    const targets = ['10.0.32.10:8000', '10.0.33.10:8000', '10.0.33.11:8000']
    expect(await first({ targets })).toEqual({ cause: null, confidence: null })
  })
})
