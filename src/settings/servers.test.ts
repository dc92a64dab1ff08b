import { expect, test } from 'vitest'
import { keepAliveCeiling } from './keepalive-ceiling.ts'
import { compareVersions, serverDefaults, serversWithKeepAlive } from './servers.ts'

test('Puma 6 closes after 20 seconds, Puma 7 after 65', () => {
  expect(serverDefaults('puma', '6.4.2')?.values['app.keepAliveSeconds']).toBe(20)
  expect(serverDefaults('puma', '7.0')?.values['app.keepAliveSeconds']).toBe(65)
  expect(serverDefaults('puma')?.values['app.keepAliveSeconds']).toBe(65)
})

test('a keep-alive of six seconds seen from outside is Node with its buffer', () => {
  expect(serversWithKeepAlive(6, 0.3).map((row) => row.id)).toEqual(['node'])
})

test('versions compare by number, not by letter', () => {
  expect(compareVersions('1.9.0', '1.27.4')).toBe(-1)
  expect(compareVersions('1.22', '1.22.0')).toBe(0)
})

test('the ceiling of the race for uvicorn is 0.015 % at a window of two milliseconds', () => {
  expect(keepAliveCeiling(5) * 100).toBeCloseTo(0.0147, 4)
})
