import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const old = ['10.0.32.10:8000', '10.0.33.10:8000']
const young = ['10.0.32.11:8000', '10.0.33.11:8000']
const BORN_MS = 60_000
const IDLE_MS = 60_000

/** Five minutes; two targets join after one. Ten requests a second, every slow one on its own clock. */
function scaleOut(
  log: MadeLog,
  isStuck: (atMs: number, isYoung: boolean) => boolean,
  newcomers: readonly string[] = young,
): void {
  for (let n = 0; n < 3_000; n++) {
    const atMs = n * 100
    const targets = atMs < BORN_MS ? old : [...old, ...newcomers]
    const target = targets[n % targets.length] as string
    const stuck = isStuck(atMs, newcomers.includes(target)) && log.random.next() < 0.6
    log.add({
      atMs,
      node: n % 2,
      target,
      path: `/api/products/${n}`,
      ...(stuck
        ? { elbStatus: 504, elapsedMs: IDLE_MS + 3 * log.random.next() }
        : { elbStatus: 200, targetStatus: 200, elapsedMs: 10 + 20 * log.random.next() }),
    })
  }
}

const isCold = (atMs: number): boolean => atMs >= BORN_MS && atMs < BORN_MS + 20_000

describe('a cold start', () => {
  it('is named when only the new targets are slow, and only at first', async () => {
    const diagnosis = await diagnoseMade((log) => scaleOut(log, (atMs, isYoung) => isYoung && isCold(atMs)))
    expect(diagnosis.findings).toMatchObject([{ cause: 'cold-start-overload', confidence: 'likely' }])
    expect(diagnosis.findings[0]?.failures).toBeGreaterThan(20)
    expect(diagnosis.findings[0]?.evidence.map((each) => each.id)).toContain('target-age')
  })

  it('is only possible with a single new target', async () => {
    const diagnosis = await diagnoseMade((log) =>
      scaleOut(log, (atMs, isYoung) => isYoung && isCold(atMs), young.slice(0, 1)),
    )
    expect(diagnosis.findings).toMatchObject([{ cause: 'cold-start-overload', confidence: 'possible' }])
  })

  it('is not named when old targets are slow in the same seconds', async () => {
    const diagnosis = await diagnoseMade((log) => scaleOut(log, (atMs) => isCold(atMs)))
    expect(causesIn(diagnosis)).not.toContain('cold-start-overload')
  })

  it('is not named when the new targets stay slow', async () => {
    const diagnosis = await diagnoseMade((log) => scaleOut(log, (atMs, isYoung) => isYoung && atMs >= BORN_MS))
    expect(causesIn(diagnosis)).not.toContain('cold-start-overload')
  })

  it('is not named for a failure at the end of the old targets', async () => {
    const diagnosis = await diagnoseMade((log) => scaleOut(log, (atMs, isYoung) => !isYoung && isCold(atMs)))
    expect(causesIn(diagnosis)).not.toContain('cold-start-overload')
  })

  it('is not named for pods that do not listen yet', async () => {
    const diagnosis = await diagnoseMade((log) => {
      scaleOut(log, () => false)
      for (let n = 0; n < 30; n++)
        log.add({
          atMs: BORN_MS + n * 90,
          node: n % 2,
          target: young[n % 2],
          path: '/',
          elbStatus: 502,
          elapsedMs: 1,
          isConnectFailure: true,
        })
    })
    expect(causesIn(diagnosis)).not.toContain('cold-start-overload')
  })
})
