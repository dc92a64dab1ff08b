import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packValue, UnpackError, unpackValue } from './packed-value.ts'

/** There and back through JSON text and bytes. */
function again(value: unknown): unknown {
  const { value: packed, columns } = packValue(value)
  const bytes = Buffer.concat(columns.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength)))
  let at = 0
  const back = unpackValue(JSON.parse(JSON.stringify(packed)), (length) => {
    at += length
    return Uint8Array.from(bytes.subarray(at - length, at)).buffer
  })
  expect(at).toBe(bytes.length)
  return back
}

const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.float64Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.uint16Array(),
  fc.uint8Array(),
)
const anything = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('map'), tie('set'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries as [])),
  set: fc.array(leaf, { maxLength: 4 }).map((values) => new Set(values)),
  object: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', 'length', '__proto__')), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
})).value

describe('a packed value', () => {
  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(again(value)).toStrictEqual(value)
      }),
    )
  })

  it('keeps a part of a column apart from the buffer it is a view of', () => {
    const whole = Float64Array.of(1, 2, 3, 4)
    expect(again({ middle: whole.subarray(1, 3) })).toEqual({ middle: Float64Array.of(2, 3) })
  })

  it('has undefined where a list has holes', () => {
    const sparse: unknown[] = []
    sparse[2] = 1
    expect(again(sparse)).toStrictEqual([undefined, undefined, 1])
  })

  it.each([() => 1, 1n, new Date(0), new (class Registry {})()])('refuses what would not come back: %s', (value) => {
    expect(() => packValue({ value })).toThrow('cannot be packed')
  })

  it.each([{ $: 'map', of: [1] }, { $: 'Float64Array', length: -1 }, { $: 'number', is: 'seven' }, { $: 'toString' }])(
    'refuses %j, which nobody writes',
    (value) => {
      expect(() => unpackValue(value, () => new ArrayBuffer(0))).toThrow(UnpackError)
    },
  )
})
