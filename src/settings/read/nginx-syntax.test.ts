import { expect, test } from 'vitest'
import { nginxSeconds } from './duration.ts'
import { parseNginx } from './nginx-syntax.ts'

test('directives carry their place; quotes, comments, variables and escapes are read as nginx does', () => {
  const text =
    'user  nginx; # x {\nhttp {\n  log_format a "{\\"k\\":1}";\n  location ~ "^/a(?<n>\\d{2})$" { set $x \u0024{y}z; }\n}\n'
  const { directives, errors } = parseNginx('f', text)
  expect(errors).toEqual([])
  expect(directives.map((each) => each.name)).toEqual(['user', 'http'])
  const [format, location] = directives[1]?.block ?? []
  expect(format).toMatchObject({ words: ['a', '{"k":1}'], at: { line: 3, column: 3 } })
  expect(location?.block?.[0]?.words).toEqual(['$x', '\u0024{y}z'])
})

test.each([
  ['http {', 'never closed'],
  ['a b }', 'not ended'],
  ['}', 'closes nothing'],
  ['a "b', 'quote'],
  ['a b', 'not ended'],
])('%s is an error with a place', (text, message) => {
  expect(parseNginx('f', text).errors[0]?.message).toContain(message)
})

test('a hostile depth of blocks ends as a value, not as a stack', () => {
  expect(() => parseNginx('f', 'a {'.repeat(100_000))).not.toThrow()
})

test.each([
  ['75', 75],
  ['1m30s', 90],
  ['500ms', 0.5],
  ['1h 1m', 3660],
])('%s is %d seconds', (text, seconds) => {
  expect(nginxSeconds(text)).toBe(seconds)
})

test('what is no time is no number', () => {
  expect(nginxSeconds('$t')).toBeUndefined()
})
