import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderProofPage } from './proof-text.ts'

test('a page without new results keeps its rows, and each is of a proof', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/proofs.md'), 'utf8')
  const rendered = renderProofPage([], 1, page)
  const rowsOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('| ['))
  expect(rowsOf(rendered)).toEqual(rowsOf(page))
  expect(rowsOf(page).length).toBeGreaterThan(0)
})
