import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashBytes, hashHigh, hashLow } from './hash-bytes.ts'

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

test('bytes that differ anywhere have another hash', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 30 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, flip) => {
        const hashOf = (some: Uint8Array): string => {
          hashBytes(viewOf(some), 0, some.length, 3, 4)
          return `${hashHigh} ${hashLow}`
        }
        const changed = bytes.slice()
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ flip
        expect(hashOf(changed)).not.toBe(hashOf(bytes))
        expect(hashOf(bytes.slice())).toBe(hashOf(bytes))
      },
    ),
  )
})
