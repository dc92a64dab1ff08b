import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { incidents, scratchFolder } from './incidents.ts'
import { root } from './run-cli.ts'

function npm(cwd: string, ...args: string[]): string {
  const script = process.env.npm_execpath
  const [command, ...first] = script ? [process.execPath, script] : ['npm']
  return execFileSync(command, [...first, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

test('the packed package, installed into an empty folder, shows its help, diagnoses, and is a library with types', () => {
  const folder = scratchFolder()
  // dist/ is built already; prepack would build it under the feet of the other tests.
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  npm(folder, 'install', '--prefer-offline', '--ignore-scripts', `./${tarball}`)

  const bin = join(folder, 'node_modules', '.bin', 'why5xx')
  const help = spawnSync(bin, ['--help'], { encoding: 'utf8' })
  expect(help.stdout).toContain('diagnose')
  expect(help.status).toBe(0)

  const run = spawnSync(bin, [join(incidents, 'idle-timeout'), '--format', 'json'], { cwd: folder, encoding: 'utf8' })
  expect(run.stderr).not.toContain('Error')
  expect(run.status).toBe(0)
  expect((JSON.parse(run.stdout) as Diagnosis).books.failures).toBe(81)

  const program = `import { diagnose, type Diagnosis } from 'why5xx'
const { diagnosis, verdicts }: { diagnosis: Diagnosis; verdicts: () => Iterable<{ symptom: string }> } =
  await diagnose({ paths: [process.argv[2] ?? ''] })
console.log(diagnosis.books.failures, new Set([...verdicts()].map(({ symptom }) => symptom)).size)
`
  writeFileSync(join(folder, 'use.mts'), program)
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--module', 'nodenext', '--target', 'es2023', '--strict']
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', 'use.mts']
  const checked = spawnSync(process.execPath, [...tsc, ...types], { cwd: folder, encoding: 'utf8' })
  expect(checked.stdout).toBe('')
  const used = spawnSync(process.execPath, ['use.mjs', join(incidents, 'idle-timeout')], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(used.stderr).toBe('')
  expect(used.stdout).toBe('81 1\n')
})

test('the package holds no test, no source map of a test and no bench data', () => {
  const listing = JSON.parse(npm(root, 'pack', '--dry-run', '--ignore-scripts', '--json')) as [
    { files: { path: string; size: number }[]; unpackedSize: number },
  ]
  const paths = listing[0].files.map((file) => file.path)
  expect(paths.filter((path) => /\.test\.|^bench\/|^fixtures\/|^tests\//.test(path))).toEqual([])
  expect(paths).toContain('dist/cli/main.js')
  expect(paths).toContain('LICENSE')
})
