import { expect, it } from 'vitest'
import type { MadeLog } from '../lab/accuracy/made-log.ts'
import { diagnoseMade } from '../testing/diagnose-made.ts'

/** A visitor every 0.4 s for twelve minutes, and an app that answers 500 at the times given, s. */
function failingAt(log: MadeLog, seconds: readonly number[]): void {
  const row = { node: 0, target: '10.0.32.10:8000', path: '/report' }
  for (let n = 0; n < 1_800; n++)
    log.add({ ...row, atMs: n * 400, elbStatus: 200, targetStatus: 200, elapsedMs: 10 + 20 * log.random.next() })
  for (const second of seconds)
    log.add({ ...row, atMs: second * 1_000, elbStatus: 500, targetStatus: 500, elapsedMs: 10 + 20 * log.random.next() })
}

it('a clock behind the failures is shown as evidence, and claims nothing by itself', async () => {
  const { findings } = await diagnoseMade((log) =>
    failingAt(
      log,
      Array.from({ length: 11 }, (_, n) => 30 + n * 60 + 0.5 * log.random.next()),
    ),
  )
  const period = findings[0]?.evidence.find((each) => each.id === 'period')
  expect(period).toMatchObject({ kind: 'count', value: 11, of: 11 })
  expect(period?.title).toMatch(/every (59\.\d|60(\.\d)?) s/)
  expect(findings[0]?.cause).toBe('application-error')
})

it('failures at random times show none', async () => {
  const { findings } = await diagnoseMade((log) =>
    failingAt(
      log,
      Array.from({ length: 11 }, () => 30 + 600 * log.random.next()),
    ),
  )
  expect(findings[0]?.failures).toBe(11)
  expect(findings[0]?.evidence.map((each) => each.id)).not.toContain('period')
})
