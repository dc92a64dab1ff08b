import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { diagnoseMade } from '../../testing/diagnose-made.ts'

const targets = ['10.0.32.10:8000', '10.0.33.10:8000']
const lost = { elbStatus: 502, elapsedMs: 8 }

/** Two in three requests are uploads; of each ten the first four are refused. */
function uploads(log: MadeLog, refuse: (n: number) => Parameters<MadeLog['add']>[0] | object, isLost = 5): void {
  for (let n = 0; n < 900; n++) {
    const base = { atMs: n * 150, node: n % 2, target: targets[n % 2] as string }
    if (n % 3 === 0) {
      log.add({ ...base, path: '/', elbStatus: 200, targetStatus: 200, elapsedMs: 12 })
      continue
    }
    const isLarge = n % 10 < 4
    log.add({
      ...base,
      method: 'POST',
      path: `/api/photos/${n}`,
      receivedBytes: isLarge ? 40_000 + n : 9_000,
      ...(isLarge ? (n % 100 < isLost ? lost : refuse(n)) : { elbStatus: 200, targetStatus: 200, elapsedMs: 20 }),
    } as Parameters<MadeLog['add']>[0])
  }
}

describe('an upload refused at its head', () => {
  it('is named where the same route answers 413 to others', async () => {
    const { findings } = await diagnoseMade((log) =>
      uploads(log, () => ({ elbStatus: 413, targetStatus: 413, elapsedMs: 6 })),
    )
    expect(findings).toMatchObject([{ cause: 'early-response-to-upload', confidence: 'likely' }])
    expect(findings[0]?.failures).toBeGreaterThan(20)
  })

  it('is a candidate, no more, where nobody gets a 413', async () => {
    const { findings } = await diagnoseMade((log) =>
      uploads(log, () => ({ elbStatus: 200, targetStatus: 200, elapsedMs: 30 })),
    )
    expect(findings).toMatchObject([{ cause: null }])
  })

  it('is not named for uploads that were worked on for seconds', async () => {
    const { findings } = await diagnoseMade((log) => {
      uploads(log, () => ({ elbStatus: 413, targetStatus: 413, elapsedMs: 6 }), 0)
      for (let n = 0; n < 12; n++)
        log.add({
          atMs: n * 9_000,
          node: n % 2,
          target: targets[n % 2],
          method: 'POST',
          path: `/api/photos/${n}`,
          receivedBytes: 500_000,
          elbStatus: 502,
          elapsedMs: 4_000 + n * 310,
        })
    })
    expect(findings.map((finding) => finding.cause)).not.toContain('early-response-to-upload')
  })
})

describe('boards that ask for one route only', () => {
  it('keep the race among their candidates: that their route alone fails says nothing', async () => {
    const { findings } = await diagnoseMade((log) => {
      for (let n = 0; n < 600; n++) {
        const base = { atMs: n * 100 + 20 * log.random.next(), node: n % 2, target: targets[n % 2] as string }
        const isBoard = n % 20 !== 0
        const isLost = isBoard && log.random.next() < 0.3
        log.add({
          ...base,
          path: isBoard ? `/api/widgets/${n}` : '/',
          ...(isLost ? { elbStatus: 502, elapsedMs: 4 } : { elbStatus: 200, targetStatus: 200, elapsedMs: 15 }),
        })
      }
    })
    for (const { cause, candidates } of findings)
      expect([cause, ...candidates.map((each) => each.cause)]).toContain('keepalive-shorter-than-idle-timeout')
  })
})
