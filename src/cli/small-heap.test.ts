import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { COLLECT_OFTEN, NO_GROWTH } from './small-heap.ts'

const script = `
  const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8')
  for (const flag of process.argv.slice(1)) setFlagsFromString(flag)
  const kept = []
  for (let i = 0; i < 2_000_000; i++) kept.push({ i })
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size)`

function run(...flags: string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, '--', ...flags], { encoding: 'utf8' })
  return { young: Number(stdout), stderr }
}

it('this version of Node has the flags, and young generations do not grow from then on', () => {
  const small = run(NO_GROWTH, COLLECT_OFTEN)
  expect(small.stderr).toBe('')
  expect(small.young).toBeLessThan(run().young / 2)
  expect(run('--no-such-flag').stderr).not.toBe('')
})
