import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const nodes = ['10.0.16.11:30080', '10.0.16.12:30080']

/** Four requests a second; from 60 to 66 s a third of those through the failing targets do not find their pod. */
function rollout(log: MadeLog, failing: readonly string[], waitsMs: readonly number[], targets = nodes): void {
  let failed = 0
  for (let n = 0; n < 480; n++) {
    const atMs = n * 250
    const target = targets[n % 2] as string
    const isLost = atMs >= 60_000 && atMs < 72_000 && failing.includes(target) && n % 3 === 0
    const elapsedMs = isLost ? (waitsMs[failed++ % waitsMs.length] as number) : 20
    log.add({
      atMs,
      node: (n >> 1) % 2,
      target,
      path: '/',
      elapsedMs,
      ...(isLost
        ? { elbStatus: elapsedMs > 9_000 ? 504 : 502, isConnectFailure: true }
        : { elbStatus: 200, targetStatus: 200 }),
    })
  }
}

const gone = [1, 2_510, 1_750, 2_840, 10_002]

describe('one node whose rules send to a pod that is gone', () => {
  it('is possible where only its connections find no host', async () => {
    const diagnosis = await diagnoseMade((log) => rollout(log, nodes.slice(0, 1), gone))
    expect(diagnosis.findings).toMatchObject([{ cause: 'stale-endpoint-routing', confidence: 'possible' }])
  })

  it.each([
    ['all nodes do', nodes, gone, nodes],
    [
      'they are refused at once: a pod of that node that does not listen, with Local policy',
      nodes.slice(0, 1),
      [1],
      nodes,
    ],
    ['repeated SYNs are refused: REJECT', nodes.slice(0, 1), [1, 1_010, 3_020, 10_002], nodes],
    ['targets are pods', ['10.0.32.10:8000'], gone, ['10.0.32.10:8000', '10.0.33.10:8000']],
  ])('is not said where %s', async (_, failing, waits, targets) => {
    const diagnosis = await diagnoseMade((log) => rollout(log, failing, waits, targets))
    expect(causesIn(diagnosis)).not.toContain('stale-endpoint-routing')
  })

  it('is the first candidate, with reasons, where all nodes do', async () => {
    const diagnosis = await diagnoseMade((log) => rollout(log, nodes, gone))
    for (const finding of diagnosis.findings) {
      expect(finding.cause).toBeNull()
      expect(finding.candidates[0]?.cause).toBe('stale-endpoint-routing')
      expect(finding.because.length).toBeGreaterThan(0)
    }
  })
})
