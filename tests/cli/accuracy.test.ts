import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './run-cli.ts'

test('the recorded and the made-up incidents meet the targets', () => {
  const run = spawnSync(process.execPath, [join(root, 'scripts', 'accuracy.mjs')], { cwd: root, encoding: 'utf8' })
  expect(run.stdout).toContain('All targets are met.')
  expect(run.status).toBe(0)
}, 300_000)
