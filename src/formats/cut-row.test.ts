import { expect, test } from 'vitest'
import { alb } from './alb.ts'
import { cutRowStart, lastWholeRow } from './cut-row.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const row = alb.samples[0]?.line ?? ''
const old = alb.samples[4]?.line ?? ''

test('a row cut within any field but the last is found, also where it would parse as an old one', () => {
  const lastField = row.lastIndexOf(' ')
  for (let length = 1; length <= row.length; length += 7)
    expect(cutRowStart(bytes(`${row}\n${row.slice(0, length)}`))).toBe(length < lastField ? row.length + 1 : -1)
})

test('whole rows are not cut: with a newline, without one, of any vintage', () => {
  expect(cutRowStart(bytes(`${row}\n${row}\n`))).toBe(-1)
  expect(cutRowStart(bytes(`${row}\n${row}`))).toBe(-1)
  expect(cutRowStart(bytes(`${old}\r\n${old}`))).toBe(-1)
  expect(cutRowStart(bytes(old))).toBe(-1)
  expect(cutRowStart(bytes(''), bytes(row))).toBe(-1)
})

test('the row before may stand in an earlier block', () => {
  expect(cutRowStart(bytes(row.slice(0, 300)), lastWholeRow(bytes(`x\n${row}\n`)))).toBe(0)
  expect(lastWholeRow(bytes(`${row}\n`))).toEqual(bytes(row))
  expect(lastWholeRow(bytes(row))).toHaveLength(0)
})
