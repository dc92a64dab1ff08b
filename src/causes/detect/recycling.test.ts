import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const targets = ['10.0.32.10:8000', '10.0.33.10:8000']

/** Traffic that swells and ebbs, one target after the other; `isClosed` sees how many requests the target has had. */
function traffic(log: MadeLog, isClosed: (requests: number, atMs: number, target: number) => boolean): void {
  let atMs = 0
  for (let n = 0; n < 9_000; n++) {
    atMs += log.random.exponential(30 * (1 + 0.8 * Math.sin(n / 700)))
    const target = n % 2
    const isLost = isClosed(n >> 1, atMs, target)
    log.add({
      atMs,
      node: log.random.integer(2),
      target: targets[target],
      path: '/',
      ...(isLost
        ? { elbStatus: 502, elapsedMs: 4 }
        : { elbStatus: 200, targetStatus: 200, elapsedMs: 5 + 20 * log.random.next() }),
    })
  }
}

describe('workers that end after a number of requests', () => {
  it('are named by that number', async () => {
    const diagnosis = await diagnoseMade((log) =>
      traffic(log, (requests, _, target) => (requests + 130 * target) % 400 === 399),
    )
    expect(diagnosis.findings).toMatchObject([{ cause: 'worker-recycling', confidence: 'likely' }])
    expect(diagnosis.findings[0]?.because[0]).toMatch(/multiples of (39\d|40\d) requests/)
  })

  it('are not named when the same failures follow a clock', async () => {
    let next = [9_000, 9_000]
    const diagnosis = await diagnoseMade((log) => {
      next = [9_000, 9_000]
      traffic(log, (_, atMs, target) => {
        if (atMs < (next[target] as number)) return false
        next[target] = (next[target] as number) + 12_000
        return true
      })
    })
    expect(diagnosis.books.failures).toBeGreaterThan(16)
    expect(causesIn(diagnosis)).not.toContain('worker-recycling')
  })

  it('are not named when the failures come at random', async () => {
    const diagnosis = await diagnoseMade((log) => traffic(log, () => log.random.next() < 1 / 400))
    expect(causesIn(diagnosis)).not.toContain('worker-recycling')
  })
})
