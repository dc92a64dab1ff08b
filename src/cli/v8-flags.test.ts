import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { flagsFor, NO_GROWTH } from './v8-flags.ts'

const script = `
  const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8')
  for (const flag of process.argv.slice(1)) setFlagsFromString(flag)
  const kept = []
  for (let i = 0; i < 2_000_000; i++) kept.push({ i })
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size)`

function run(...flags: readonly string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, '--', ...flags], { encoding: 'utf8' })
  return { young: Number(stdout), stderr }
}

it('this version of Node has its flags, and young generations do not grow from then on', () => {
  const small = run(...flagsFor(process.version))
  expect(small.stderr).toBe('')
  expect(flagsFor('v20.19.0')).toContain(NO_GROWTH)
  expect(run(NO_GROWTH).young).toBeLessThan(run().young / 2)
  expect(run('--no-such-flag').stderr).not.toBe('')
})

it('a version on which they were not tried does without', () => {
  expect(flagsFor('v21.7.0')).toEqual([])
  expect(flagsFor('v26.0.0')).toEqual([])
})
