import { expect, test } from 'vitest'
import { causesWithFixes, fixesForCause } from './fixes-for-cause.ts'
import { renderFix } from './render-fix.ts'

test('a keep-alive race is mended above the idle timeout that was found', () => {
  const [first] = fixesForCause('keepalive-shorter-than-idle-timeout', {
    idleTimeoutSeconds: 120,
    keepAliveSeconds: 5,
    servers: ['uvicorn'],
  })
  expect(first).toMatchObject({ hop: 'application', safety: 'safe' })
  expect(first?.patch).toBe('# uvicorn\nuvicorn … --timeout-keep-alive 135')
  expect(first?.because).toContain('after 5 s')
  expect(first?.because).toContain('0.01 %')
})

test('an unknown server gets the commonest spellings', () => {
  const [first] = fixesForCause('keepalive-shorter-than-idle-timeout')
  for (const spelling of ['--timeout-keep-alive 75', '--keep-alive 75']) expect(first?.patch).toContain(spelling)
  expect(first?.because).toContain('default')
})

test('lowering the idle timeout is offered only when no answer needs it', () => {
  const lowered = (slowestSeconds: number): boolean =>
    fixesForCause('keepalive-shorter-than-idle-timeout', { keepAliveSeconds: 30, slowestSeconds }).some((fix) =>
      fix.patch.includes('idle_timeout.timeout_seconds=24'),
    )
  expect(lowered(2)).toBe(true)
  expect(lowered(29)).toBe(false)
})

test('a full accept queue on an overloaded target is answered with pods first', () => {
  const fixes = fixesForCause('listen-backlog-overflow', {
    peakPerSecond: 50,
    serviceSeconds: 0.1,
    concurrencyLimit: 4,
    targets: 3,
  })
  expect(fixes[0]?.patch).toBe('# Deployment\nreplicas: 6')
  expect(fixes[0]?.because).toContain('125 % busy')
})

test('an idle target is not told to scale', () => {
  const fixes = fixesForCause('listen-backlog-overflow', { peakPerSecond: 5, serviceSeconds: 0.1, concurrencyLimit: 4 })
  expect(fixes.some((fix) => fix.patch.includes('replicas'))).toBe(false)
})

test('every fix says why, what to write and how to take it back, whatever the numbers are', () => {
  const numbers = {
    idleTimeoutSeconds: 20,
    keepAliveSeconds: 2,
    peakPerSecond: 1e6,
    serviceSeconds: 1e-9,
    timerSeconds: 5,
  }
  for (const cause of causesWithFixes())
    for (const fix of [...fixesForCause(cause), ...fixesForCause(cause, numbers)]) {
      expect(fix.because.length, cause).toBeGreaterThan(20)
      expect(fix.patch.length, cause).toBeGreaterThan(0)
      expect(fix.undo.length, cause).toBeGreaterThan(0)
      expect(`${fix.title}${fix.patch}${fix.because}`, cause).not.toMatch(/undefined|NaN|Infinity/)
    }
})

test('an id that is no cause has no fix', () => {
  expect(fixesForCause('toString')).toEqual([])
  expect(fixesForCause('fixed-response-rule')).toEqual([])
})

test('a setting nobody can spell is a bug, not an empty fix', () => {
  expect(() => renderFix({ set: 'client.timeoutSeconds', to: 1, because: 'x' })).toThrow()
})
