import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashIndex } from './hash-index.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

test('finds what was put in, and nothing else, however it grew', () => {
  fc.assert(
    fc.property(
      // Few different halves, so that slots collide and keys differ in one half only.
      fc.array(fc.tuple(fc.oneof(int32, fc.constantFrom(0, 1, -1)), fc.oneof(int32, fc.constantFrom(0, 128))), {
        maxLength: 200,
      }),
      fc.array(fc.tuple(int32, int32), { maxLength: 20 }),
      (keys, others) => {
        const index = new HashIndex(4)
        const plain = new Map<string, number>()
        for (const [high, low] of keys) {
          const key = `${high},${low}`
          expect(index.get(high, low)).toBe(plain.get(key) ?? -1)
          if (plain.has(key)) continue
          index.set(high, low, plain.size)
          plain.set(key, plain.size)
        }
        for (const [high, low] of [...keys, ...others])
          expect(index.get(high, low)).toBe(plain.get(`${high},${low}`) ?? -1)
        expect(index.size).toBe(plain.size)
      },
    ),
  )
})
