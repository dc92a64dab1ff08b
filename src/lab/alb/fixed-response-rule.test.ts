import { expect, test } from 'vitest'
import { matchesPath, parseFixedResponseRule } from './fixed-response-rule.ts'

test('a rule is a path pattern, a status and perhaps a body', () => {
  expect(parseFixedResponseRule('/maintenance/*=503:back soon: 10 min')).toEqual({
    pathGlob: '/maintenance/*',
    elbStatus: 503,
    body: 'back soon: 10 min',
  })
  expect(parseFixedResponseRule('/gone=410')).toMatchObject({ elbStatus: 410, body: '' })
  expect(() => parseFixedResponseRule('/x=302')).toThrow('--fixed-response /x=302')
  expect(() => parseFixedResponseRule('maintenance=503')).toThrow('PATH-GLOB')
})

test('path patterns match as listener rules do', () => {
  expect(matchesPath('/maintenance/*', '/maintenance/a/b?x=1')).toBe(true)
  expect(matchesPath('/maintenance/*', '/Maintenance/a')).toBe(false)
  expect(matchesPath('/v?/cart', '/v2/cart')).toBe(true)
  expect(matchesPath('/a.b', '/aXb')).toBe(false)
  expect(matchesPath('*', 'http://shop.example/any')).toBe(true)
  expect(matchesPath('/a', '/a?path=/b')).toBe(true)
})
