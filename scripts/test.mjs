// npm test: everything the tests need, then every suite, fast ones first. Ends with `N passed, N failed, N skipped`.
// `npm test -- unit cli` runs those suites only.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suites } from './components.mjs'
import { build, installDependencies, root, say } from './install.mjs'
import { installComponents } from './install-components.mjs'

const isCi = process.env.CI === 'true'
const asked = process.argv.slice(2)
const unknown = asked.filter((id) => !suites.some((suite) => suite.id === id))
if (unknown.length > 0) {
  process.stderr.write(
    `No such suite: ${unknown.join(', ')}. There are ${suites.map((suite) => suite.id).join(', ')}.\n`,
  )
  process.exit(2)
}
const chosen = suites.filter((suite) => (asked.length === 0 || asked.includes(suite.id)) && hasTests(suite.id))

installDependencies()
const absent = installComponents(chosen.flatMap((suite) => suite.needs))
build()

const sum = { passed: 0, failed: 0, skipped: 0 }
if (isCi && absent.length > 0) {
  say(`Missing with CI=true, which is a failure: ${absent.join(', ')}`)
  sum.failed += absent.length
}
const scratch = mkdtempSync(join(tmpdir(), 'why5xx-test-'))
for (const suite of chosen) {
  say(`Suite ${suite.id}`)
  const started = performance.now()
  const counts = runSuite(suite.id)
  for (const key of Object.keys(sum)) sum[key] += counts[key]
  const seconds = Math.round((performance.now() - started) / 1000)
  say(`Suite ${suite.id}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`)
}
rmSync(scratch, { recursive: true, force: true })
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 ? 1 : 0

/** Unit tests stand beside their source, the others in tests/SUITE. */
function hasTests(id) {
  const folder = join(root, 'tests', id)
  return (
    id === 'unit' ||
    (existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.test.ts')))
  )
}

function runSuite(id) {
  const summary = join(scratch, `${id}.json`)
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      id,
      '--reporter=default',
      '--reporter=./scripts/summary-reporter.mjs',
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, WHY5XX_TEST_SUMMARY: summary },
    },
  )
  if (!existsSync(summary)) return { passed: 0, failed: 1, skipped: 0 }
  const counts = JSON.parse(readFileSync(summary, 'utf8'))
  // Vitest fails a run for more than failed tests (an error outside any test, an empty suite).
  if (run.status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}
