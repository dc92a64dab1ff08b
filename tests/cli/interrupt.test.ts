import { execFileSync } from 'node:child_process'
import { copyFileSync, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { logFiles, logRows, scratchFolder, unbalanced } from './incidents.ts'
import { startCli } from './run-cli.ts'

const text = `${logRows('idle-timeout').join('\n')}\n`

/** The run cannot end by itself: its input stays open. The last row is not whole when Ctrl-C comes. */
async function interrupted(path: string): Promise<void> {
  const { child, ended } = startCli(['diagnose', path, '--format', 'json'])
  const input = path === '-' ? child.stdin : createWriteStream(path)
  input?.write(text.slice(0, -100))
  await sleep(2500)
  child.kill('SIGINT')
  const { exitCode, stdout } = await ended
  input?.destroy()
  const diagnosis = JSON.parse(stdout) as Diagnosis
  expect(exitCode).toBe(130)
  expect(diagnosis.complete).toBe(false)
  expect(diagnosis.books).toMatchObject({ requests: text.split('\n').length - 2, bad: 0 })
  expect(unbalanced(diagnosis)).toEqual([])
}

test('Ctrl-C over standard input prints what is known so far, with complete: false, and exits 130', async () => {
  await interrupted('-')
})

test('Ctrl-C over a named pipe does the same', async () => {
  const pipe = join(scratchFolder(), 'rows')
  execFileSync('mkfifo', [pipe])
  await interrupted(pipe)
})

test('a pipe that merely lies in a folder is not waited for', async () => {
  const folder = scratchFolder()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  copyFileSync(logFiles('idle-timeout')[0] ?? '', join(folder, 'a.log.gz'))
  const { exitCode, stdout } = await startCli(['diagnose', folder, '--format', 'json']).ended
  expect(exitCode).toBe(0)
  expect((JSON.parse(stdout) as Diagnosis).inputs.map((input) => input.note)).toContainEqual(
    expect.stringContaining('pipe'),
  )
})
