import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const targets = ['10.0.32.10:8000', '10.0.33.10:8000', '10.0.34.10:8000']
const IDLE_MS = 60_000
const FROM_MS = 60_000
const TO_MS = 150_000

type Held = {
  readonly untilMs: (target: number, n: number) => number
  readonly isHeld: (target: number, path: string) => boolean
}

/** Four minutes, ten requests a second on two routes; what is held is answered at `untilMs`, or was given up before. */
function stall(log: MadeLog, { untilMs, isHeld }: Held): void {
  for (let n = 0; n < 2_400; n++) {
    const atMs = n * 100
    const place = n % targets.length
    const path = n % 2 === 0 ? `/api/ledger/${n}` : `/api/products/${n}`
    const base = { atMs, node: n % 2, target: targets[place] as string, path }
    const free = untilMs(place, n)
    const waits = isHeld(place, path) && atMs >= FROM_MS && atMs < free ? free - atMs : 0
    if (waits >= IDLE_MS) log.add({ ...base, elbStatus: 504, elapsedMs: IDLE_MS + 3 * log.random.next() })
    else log.add({ ...base, elbStatus: 200, targetStatus: 200, elapsedMs: waits + 10 + 20 * log.random.next() })
  }
}

const isLedger = (path: string): boolean => path.startsWith('/api/ledger/')

describe('a dependency that stalls', () => {
  it('is named when all targets stop and go on together, and other routes do not', async () => {
    const { findings } = await diagnoseMade((log) =>
      stall(log, { untilMs: () => TO_MS, isHeld: (_, path) => isLedger(path) }),
    )
    expect(findings).toMatchObject([{ cause: 'dependency-stall', confidence: 'likely' }])
    expect(findings[0]?.failures).toBeGreaterThan(100)
    expect(findings[0]?.evidence.map((each) => each.id)).toContain('stops')
  })

  it('is not named when the other routes stop as well', async () => {
    const diagnosis = await diagnoseMade((log) => stall(log, { untilMs: () => TO_MS, isHeld: () => true }))
    expect(causesIn(diagnosis)).not.toContain('dependency-stall')
  })

  it('is not named when one target stops', async () => {
    const diagnosis = await diagnoseMade((log) =>
      stall(log, { untilMs: () => TO_MS, isHeld: (target, path) => target === 0 && isLedger(path) }),
    )
    expect(causesIn(diagnosis)).not.toContain('dependency-stall')
  })

  it('is not named when targets go on one after another', async () => {
    const diagnosis = await diagnoseMade((log) =>
      stall(log, { untilMs: (target) => TO_MS + target * 9_000, isHeld: (_, path) => isLedger(path) }),
    )
    expect(causesIn(diagnosis)).not.toContain('dependency-stall')
  })

  it('is not named for a route that is slow now and then', async () => {
    const diagnosis = await diagnoseMade((log) => {
      for (let n = 0; n < 2_400; n++) {
        const base = { atMs: n * 100, node: n % 2, target: targets[n % 3] as string }
        const isSlow = n % 2 === 0 && log.random.next() < 0.3
        const path = n % 2 === 0 ? `/api/ledger/${n}` : `/api/products/${n}`
        if (isSlow) log.add({ ...base, path, elbStatus: 504, elapsedMs: IDLE_MS + log.random.next() })
        else log.add({ ...base, path, elbStatus: 200, targetStatus: 200, elapsedMs: 10 + 9_000 * log.random.next() })
      }
    })
    expect(causesIn(diagnosis)).not.toContain('dependency-stall')
  })
})
