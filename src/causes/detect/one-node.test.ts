import { describe, expect, it } from 'vitest'
import type { MadeLog } from '../../lab/accuracy/made-log.ts'
import { causesIn, diagnoseMade } from '../../testing/diagnose-made.ts'

const shared = ['10.0.32.10:8000', '10.0.33.10:8000', '10.0.33.11:8000']
/** Cross-zone off: each node has its own. */
const zones = [
  ['10.0.32.10:8000', '10.0.32.11:8000'],
  ['10.0.33.10:8000', '10.0.33.11:8000'],
]

type Failing = 'connect' | 'no-target' | undefined

function visits(
  log: MadeLog,
  targetsOf: (node: number) => readonly string[],
  failing: (atMs: number, node: number, target: string) => Failing,
): void {
  for (let n = 0; n < 1_200; n++) {
    const atMs = n * 200
    const node = log.random.integer(2)
    const target = log.random.pick(targetsOf(node))
    const how = failing(atMs, node, target)
    log.add({
      atMs,
      node,
      target: how === 'no-target' ? undefined : target,
      path: '/',
      ...(how === 'connect'
        ? { elbStatus: 504, elapsedMs: 10_001, isConnectFailure: true }
        : how === 'no-target'
          ? { elbStatus: 503, elapsedMs: 0.3, isConnectFailure: true }
          : { elbStatus: 200, targetStatus: 200, elapsedMs: 20 }),
    })
  }
}

const isLater = (atMs: number): boolean => atMs > 120_000

describe('one node of the load balancer', () => {
  it('that reaches none of the targets which the others reach is filtered on its way', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        () => shared,
        (atMs, node) => (node === 1 && isLater(atMs) ? 'connect' : undefined),
      ),
    )
    expect(diagnosis.findings).toMatchObject([{ cause: 'security-group-or-nacl-block', confidence: 'likely' }])
    expect(diagnosis.findings[0]?.scope.nodes).toHaveLength(1)
    expect(diagnosis.findings[0]?.fixes[0]?.title).toContain('subnet')
  })

  it('that reaches none of its own targets is an imbalance of zones', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        (node) => zones[node] as string[],
        (atMs, node) => (node === 1 && isLater(atMs) ? 'connect' : undefined),
      ),
    )
    expect(causesIn(diagnosis)).toEqual(['zonal-imbalance'])
  })

  it('that has no target while the others forward to the group is not a group without targets', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        () => shared,
        (atMs, node) => (node === 1 && isLater(atMs) ? 'no-target' : undefined),
      ),
    )
    expect(causesIn(diagnosis)).toEqual(['zonal-imbalance'])
  })

  it('is not blamed when all nodes lack a target', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        () => shared,
        (atMs) => (isLater(atMs) ? 'no-target' : undefined),
      ),
    )
    expect(causesIn(diagnosis)).toEqual(['no-registered-targets'])
  })

  it('is not blamed when one target is out of reach of all nodes', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        () => shared,
        (atMs, _, target) => (target === shared[0] && isLater(atMs) ? 'connect' : undefined),
      ),
    )
    expect(causesIn(diagnosis)).not.toContain('zonal-imbalance')
    expect(causesIn(diagnosis)).not.toContain('security-group-or-nacl-block')
  })

  it('is not blamed when both nodes fail alike', async () => {
    const diagnosis = await diagnoseMade((log) =>
      visits(
        log,
        () => shared,
        (atMs) => (isLater(atMs) && log.random.next() < 0.3 ? 'connect' : undefined),
      ),
    )
    expect(causesIn(diagnosis)).not.toContain('zonal-imbalance')
    expect(causesIn(diagnosis)).not.toContain('security-group-or-nacl-block')
  })
})
