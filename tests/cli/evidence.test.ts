import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { scratchFolder } from './incidents.ts'
import { runCli } from './run-cli.ts'

const log = 'fixtures/incidents/nodeport-no-endpoints'
const folder = mkdtempSync(join(tmpdir(), 'why5xx-kept-'))
afterAll(() => rmSync(folder, { recursive: true }))
const kept = join(folder, 'evidence')
const first = join(folder, 'first.ndjson')
const saved = runCli([log, '--save-evidence', kept, '--verdicts', first])

test('every report and the verdicts are the same without the logs', () => {
  expect(saved.exitCode).toBe(0)
  expect(saved.stderr).toContain(`why5xx --from-evidence ${kept}`)
  const second = join(scratchFolder(), 'second.ndjson')
  expect(runCli(['--from-evidence', kept, '--verdicts', second])).toMatchObject({ exitCode: 0, stdout: saved.stdout })
  expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'))
  const dated = /"generatedAt": ?"[^"]*"/
  for (const format of ['markdown', 'json', 'sarif']) {
    const [fromLog, again] = [[log], ['--from-evidence', kept]].map((args) =>
      runCli([...args, '--format', format]).stdout.replace(dated, ''),
    )
    expect(again).toBe(fromLog)
  }
})

test('compare takes it like the logs', () => {
  const healthy = 'fixtures/incidents/healthy-control'
  const [fromLog, again] = [log, kept].map((before) => {
    const { stdout } = runCli(['compare', before, healthy, '--format', 'json', '--quiet'])
    return JSON.parse(stdout).causes
  })
  expect(again).toEqual(fromLog)
  const filtered = runCli(['compare', kept, healthy, '--where', 'path=/api/*'])
  expect(filtered).toMatchObject({ exitCode: 2, stdout: '' })
  expect(filtered.stderr).toContain('is saved evidence')
})

test('exit codes are those of the logs', () => {
  expect(runCli(['--from-evidence', kept, '--fail-on', 'likely']).exitCode).toBe(10)
  expect(runCli(['--from-evidence', kept, '--fail-on', 'certain']).exitCode).toBe(
    runCli([log, '--fail-on', 'certain']).exitCode,
  )
})

test.each([
  ['logs', [log], `leave out ${log}`],
  ['--where', ['--where', 'path=/api/*'], '--where chooses rows'],
  ['--since', ['--since', '2h'], '--since chooses rows'],
  ['--until', ['--until', '2026-11-23'], '--until chooses rows'],
])('%s beside --from-evidence is refused with the reason', (_, args, why) => {
  const { exitCode, stderr, stdout } = runCli(['--from-evidence', kept, ...args])
  expect(exitCode).toBe(2)
  expect(stderr).toContain(why)
  expect(stdout).toBe('')
})

test('evidence is replaced only with a word about it, other folders are left alone', () => {
  expect(saved.stderr).not.toContain('replaced')
  expect(runCli([log, '--save-evidence', kept, '--quiet']).stderr).toMatch(
    /holds evidence saved at .*: it will be replaced/,
  )
  const other = scratchFolder()
  writeFileSync(join(other, 'notes.txt'), 'milk\n')
  const refused = runCli([log, '--save-evidence', other])
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
  expect(refused.stderr).toContain('it holds other files')
})

test('logs where evidence is wanted, and evidence where logs are wanted, say which is which', () => {
  const wrong = runCli(['--from-evidence', log])
  expect(wrong.exitCode).toBe(3)
  expect(wrong.stderr).toContain('Not evidence that why5xx saved')
  const other = runCli([kept])
  expect(other.exitCode).toBe(3)
  expect(other.stderr).toContain('--from-evidence')
})
