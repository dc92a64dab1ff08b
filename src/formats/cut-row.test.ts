import { expect, test } from 'vitest'
import { alb } from './alb.ts'
import { cutRowStart, fieldsOfLastWholeRow } from './cut-row.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const row = alb.samples[0]?.line ?? ''
const old = alb.samples[4]?.line ?? ''

test('a row cut within any field but the last is found, also where it would parse as an old one', () => {
  const lastField = row.lastIndexOf(' ')
  for (let length = 1; length <= row.length; length += 7)
    expect(cutRowStart(bytes(`${row}\n${row.slice(0, length)}`), 0)).toBe(length < lastField ? row.length + 1 : -1)
})

test('whole rows are not cut: with a newline, without one, of any vintage', () => {
  expect(cutRowStart(bytes(`${row}\n${row}\n`), 0)).toBe(-1)
  expect(cutRowStart(bytes(`${row}\n${row}`), 0)).toBe(-1)
  expect(cutRowStart(bytes(`${old}\r\n${old}`), 0)).toBe(-1)
  expect(cutRowStart(bytes(old), 0)).toBe(-1)
  expect(cutRowStart(bytes(''), 34)).toBe(-1)
})

test('the row before may stand in an earlier block', () => {
  expect(cutRowStart(bytes(row.slice(0, 300)), fieldsOfLastWholeRow(bytes(`x\n${row}\n`)))).toBe(0)
  expect(fieldsOfLastWholeRow(bytes(`${row}\n`))).toBe(34)
  expect(fieldsOfLastWholeRow(bytes(row))).toBe(0)
})
