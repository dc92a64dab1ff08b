import { expect, it } from 'vitest'
import { NodeSnapshots } from '../../formats/witnesses/node-counters.ts'
import { conntrackLines, ethtoolLines } from './counter-log.ts'

it('prints what the witness reads', () => {
  const stat = [
    'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart',
    '00000014  00000000 00000003 00000000 00000000 00000000 00000000 00000000 00000000 0000001f 00000020 00000000 00000000  00000000 00000000 00000000 00000001',
  ].join('\n')
  expect(conntrackLines(stat)).toEqual([
    'cpu=0   \tfound=3 invalid=0 insert=0 insert_failed=31 drop=32 early_drop=0 error=0 search_restart=1',
  ])
  const snapshots = new NodeSnapshots()
  for (const line of ['2026-11-23T02:19:00+00:00', ...conntrackLines(stat), ...ethtoolLines(7)]) snapshots.add(line)
  snapshots.finish()
  expect(Object.fromEntries(snapshots.snapshots[0]?.counters ?? [])).toMatchObject({
    insert_failed: 31,
    drop: 32,
    conntrack_allowance_exceeded: 7,
  })
})
