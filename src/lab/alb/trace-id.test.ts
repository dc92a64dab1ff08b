import { expect, test } from 'vitest'
import { traceHeader } from './trace-id.ts'

const createdMs = 0x6b03a2d0 * 1000 + 999

test('a request without trace gets a Root that holds the second it was received', () => {
  expect(traceHeader(undefined, createdMs)).toMatch(/^Root=1-6b03a2d0-[0-9a-f]{24}$/)
})

test("a caller's Root stays, with Self in front and everything else kept", () => {
  expect(traceHeader('Root=1-67891233-abcdef012345678912345678;CalledFrom=app', createdMs)).toMatch(
    /^Self=1-6b03a2d0-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app$/,
  )
})

test('an old Self is replaced, a header without Root gets one, a huge one is dropped', () => {
  expect(traceHeader('Self=1-00000000-0;Root=1-67891233-a', createdMs)).toMatch(
    /^Self=1-6b03a2d0-[0-9a-f]{24};Root=1-67891233-a$/,
  )
  expect(traceHeader('CalledFrom=app', createdMs)).toMatch(/^Root=1-6b03a2d0-[0-9a-f]{24};CalledFrom=app$/)
  expect(traceHeader(`Root=1-1-1;x=${'y'.repeat(8000)}`, createdMs)).toMatch(/^Root=1-6b03a2d0-[0-9a-f]{24}$/)
})
