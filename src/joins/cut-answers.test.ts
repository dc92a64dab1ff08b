import { expect, test } from 'vitest'
import { read, stamp, subjectsOf } from '../testing/witness-shop.ts'
import { cutAnswers } from './cut-answers.ts'
import { joinTestimonies } from './joined.ts'

/** Sixty answers, a second apart. */
function said(sentOf: (n: number) => number, lines: readonly string[] = []) {
  const made = subjectsOf([], 60, 1, (n) => `/exports/${n}`)
  const controls = made.controls.map((control, n) => ({ ...control, sentBytes: sentOf(n) }))
  const subjects = { ...made, controls }
  return cutAnswers(joinTestimonies(subjects, [read('app.log', subjects, lines)]))
}

test('answers that stop short of what all others of their route have are told', () => {
  const [only, ...more] = said((n) => (n % 20 === 3 ? 61_000 + n * 700 : 160_330 + (n % 7)))
  expect(more).toEqual([])
  expect(only?.what).toBe('the rest of 3 answers with status 200 to GET /exports/*')
  expect(only?.why).toContain('63,100 to 91,100 bytes, 57 others about 160,333')
})

test('a death at that moment is told too', () => {
  const lines = [
    `${stamp(3_000)} [shop-1] [2026-11-23 02:19:03 +0000] [7] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?`,
  ]
  expect(said((n) => (n === 3 ? 61_000 : 160_330), lines)[0]?.why).toContain("1 of them within 2 s of a process's end")
})

test('sizes that differ by themselves, small answers and larger ones say nothing', () => {
  expect(said((n) => 20_000 + n * 900)).toEqual([])
  expect(said((n) => (n === 3 ? 300 : 900))).toEqual([])
  expect(said((n) => (n % 12 === 0 ? 20_100 : 160_330))).toEqual([])
  expect(said((n) => (n === 3 ? 400_000 : 160_330))).toEqual([])
})
