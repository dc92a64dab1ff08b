import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineBlocks } from './line-blocks.ts'

interface Seen {
  readonly blocks: readonly string[]
  readonly endless: readonly number[]
  readonly order: string
  readonly isOpen: boolean
}

function feed(text: string, longestRow: number, size: number): Seen {
  const blocks: string[] = []
  const endless: number[] = []
  let order = ''
  const lines = createLineBlocks({
    buffer: Buffer.alloc(longestRow),
    onBlock: (block, isLast) => {
      blocks.push(Buffer.from(block).toString('latin1'))
      order += isLast ? '.' : 'b'
    },
    onEndlessRow: (bytes) => {
      endless.push(bytes)
      order += 'e'
    },
  })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) lines.write(bytes.subarray(at, at + size))
  lines.finish()
  expect(lines.endlessRows()).toBe(endless.length)
  return { blocks, endless, order, isOpen: lines.endsWithoutNewline() }
}

test('lines come whole, and the last call says so', () => {
  expect(feed('a\nbb\nccc\n', 100, 1)).toEqual({ blocks: ['a\nbb\nccc\n'], endless: [], order: '.', isOpen: false })
  expect(feed('aaa\nbbb\nccc', 8, 3)).toEqual({ blocks: ['aaa\nbbb\n', 'ccc'], endless: [], order: 'b.', isOpen: true })
  expect(feed('', 8, 1)).toEqual({ blocks: [''], endless: [], order: '.', isOpen: false })
})

test('a row that is too long is skipped, counted with its size, and the rows around it stay in order', () => {
  const seen = feed(`a\n${'x'.repeat(50)}\nb\n${'y'.repeat(30)}`, 8, 5)
  expect(seen.endless).toEqual([51, 30])
  expect(seen.blocks.join('')).toBe('a\nb\n')
  expect(seen.order).toMatch(/^b+eb*e\.$/)
})

test('a row of exactly the longest size passes, with its newline', () => {
  expect(feed('1234567\n', 8, 8).blocks.join('')).toBe('1234567\n')
  expect(feed('12345678\n', 8, 9).endless).toEqual([9])
})

test('any text, any chunking: the same blocks, and nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\n', 'bb', '\r') }),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 15 }),
      (text, longestRow, size) => {
        const seen = feed(text, longestRow, size)
        expect(seen).toEqual(feed(text, longestRow, 1_000))
        const kept = seen.blocks.join('')
        expect(kept.length + seen.endless.reduce((sum, bytes) => sum + bytes, 0)).toBe(text.length)
        const rows = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
        const fitting = rows.filter(
          (row) => row.length <= longestRow && !(row.length === longestRow && !row.endsWith('\n')),
        )
        expect(kept).toBe(fitting.join(''))
      },
    ),
  )
})
