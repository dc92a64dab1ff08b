import { expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { AppError } from '../core/errors.ts'
import { createSession, everything, type ReadLogs, type SessionState } from './session.ts'

const named = (version: string): Diagnosis => ({ tool: { name: 'why5xx', version, generatedAt: '' } }) as Diagnosis

test('a saved diagnosis is ready at once and cannot be read again', async () => {
  const session = createSession({ diagnosis: named('saved') })
  expect(session.state()).toMatchObject({ phase: 'ready', revision: 1, canRead: false })
  await session.read({ where: ['target=x'], since: null, until: null })
  expect(session.state().revision).toBe(1)
})

test('a newer reading ends the older one, whose result is dropped', async () => {
  const signals: AbortSignal[] = []
  const finish: ((diagnosis: Diagnosis) => void)[] = []
  const read: ReadLogs = (_query, _onProgress, signal) => {
    signals.push(signal)
    return new Promise((resolve) => finish.push(resolve))
  }
  const session = createSession({ read })
  const older = session.read(everything)
  const newer = session.read({ ...everything, where: ['node=a'] })
  expect(signals[0]?.aborted).toBe(true)
  finish[1]?.(named('newer'))
  await newer
  finish[0]?.(named('older'))
  await older
  expect(session.diagnosis()?.tool.version).toBe('newer')
  expect(session.state()).toMatchObject({ phase: 'ready', revision: 1, query: { where: ['node=a'] } })
})

test('a reading that fails leaves the diagnosis that is shown, and says why', async () => {
  const answers: (Diagnosis | Error)[] = [named('first'), new AppError('USAGE', { what: 'no such field' })]
  const session = createSession({
    read: async () => {
      const next = answers.shift()
      if (next instanceof Error || !next) throw next
      return next
    },
  })
  await session.read(everything)
  const { error } = await session.read({ ...everything, where: ['colour=red'] })
  expect(error).toBeInstanceOf(AppError)
  expect(session.diagnosis()?.tool.version).toBe('first')
  expect(session.state()).toMatchObject({
    phase: 'failed',
    revision: 1,
    error: { message: 'no such field' },
    query: everything,
  })
})

test('progress is told at most ten times a second, changes of phase always', async () => {
  const session = createSession({
    read: async (_query, onProgress) => {
      for (let rows = 1; rows <= 500; rows += 1) onProgress({ bytes: rows * 300, totalBytes: 150_000, rows })
      return named('read')
    },
  })
  const told: SessionState[] = []
  session.subscribe((state) => told.push(state))
  await session.read(everything)
  expect(told.map((state) => state.phase)).toEqual(['reading', 'reading', 'ready'])
  expect(told[1]?.progress).toMatchObject({ rows: 1, totalBytes: 150_000 })
})
