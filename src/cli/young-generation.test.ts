import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { NO_GROWTH } from './young-generation.ts'

it('this version of Node has the flag, and it holds from then on', () => {
  const script = `
    const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8')
    if (process.argv[1]) setFlagsFromString(process.argv[1])
    const kept = []
    for (let i = 0; i < 2_000_000; i++) kept.push({ i })
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size)`
  const sizeWith = (...flags: string[]): number =>
    Number(execFileSync(process.execPath, ['-e', script, '--', ...flags]))
  expect(sizeWith(NO_GROWTH)).toBeLessThan(sizeWith() / 2)
})
