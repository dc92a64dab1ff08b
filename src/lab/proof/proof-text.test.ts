import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderProofPage } from './proof-text.ts'
import { proofs } from './proofs.ts'

test('a page without new results keeps its rows, and has one for each proof', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/proofs.md'), 'utf8')
  const rendered = renderProofPage([], 1, page)
  const rowsOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('| ['))
  expect(rowsOf(rendered)).toEqual(rowsOf(page))
  expect(rowsOf(page)).toHaveLength(proofs.length)
})
