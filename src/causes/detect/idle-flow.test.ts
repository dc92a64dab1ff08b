import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const targets = ['10.0.32.10:8000', '10.0.33.10:8000']

/** Quiet traffic on four flows; `isLost` sees how long the connection has been idle, NaN for a new one. */
function traffic(log: MadeLog, isLost: (idleMs: number) => boolean, lost = { elbStatus: 502, elapsedMs: 1 }): void {
  const pools = new Map<string, number[]>()
  let atMs = 0
  for (let n = 0; n < 1_500; n++) {
    atMs += log.random.exponential(800)
    const node = log.random.integer(2)
    const target = targets[log.random.integer(2)] as string
    const flow = `${node} ${target}`
    const pool = pools.get(flow) ?? []
    // Connections by when they came back; some are still in use.
    const usedMs = Math.max(...pool.filter((backMs) => backMs <= atMs && atMs - backMs <= 60_000))
    const request = { atMs, node, target, path: '/' }
    pools.set(
      flow,
      pool.filter((backMs) => backMs !== usedMs),
    )
    if (isLost(Number.isFinite(usedMs) ? atMs - usedMs : Number.NaN)) log.add({ ...request, ...lost })
    else {
      const elapsedMs = 5 + Math.floor(20 * log.random.next())
      log.add({ ...request, elbStatus: 200, targetStatus: 200, elapsedMs })
      pools.get(flow)?.push(atMs + elapsedMs)
    }
  }
}

describe('connections that something forgets', () => {
  it('are named by the idleness above which every request fails', async () => {
    const diagnosis = await diagnoseMade((log) => traffic(log, (idleMs) => idleMs >= 9_000))
    expect(diagnosis.findings).toMatchObject([{ cause: 'idle-flow-expired', confidence: 'likely' }])
    expect(diagnosis.findings[0]?.title).toMatch(/idle for 9\.\d s and more/)
    expect(diagnosis.findings[0]?.fixes[0]?.patch).toContain('7')
  })

  it('are named as well when the requests vanish', async () => {
    const diagnosis = await diagnoseMade((log) =>
      traffic(log, (idleMs) => idleMs >= 9_000, { elbStatus: 504, elapsedMs: 60_000 }),
    )
    expect(diagnosis.findings[0]).toMatchObject({ cause: 'idle-flow-expired', confidence: 'likely' })
  })

  it('are not named for a race, which hits at one idleness and not above', async () => {
    const diagnosis = await diagnoseMade((log) => traffic(log, (idleMs) => idleMs >= 4_800 && idleMs < 5_400))
    expect(diagnosis.books.failures).toBeGreaterThan(10)
    expect(causesIn(diagnosis)).not.toContain('idle-flow-expired')
  })

  it('are not named when requests at the same idleness are answered', async () => {
    const diagnosis = await diagnoseMade((log) => traffic(log, (idleMs) => idleMs >= 9_000 && log.random.next() < 0.5))
    expect(causesIn(diagnosis)).not.toContain('idle-flow-expired')
  })

  it('are not named when failures come at any idleness', async () => {
    const diagnosis = await diagnoseMade((log) => traffic(log, () => log.random.next() < 0.03))
    expect(causesIn(diagnosis)).not.toContain('idle-flow-expired')
  })
})
