import type { Symptom } from '../core/vocabulary.ts'
import { causeById } from './index.ts'
import { causeBlocks, symptomBlocks } from './page.ts'
import { toMarkdown } from './page-markdown.ts'
import { toText } from './page-text.ts'
import { symptomPages } from './symptom-pages.ts'

/** The catalogue's page for a cause or a symptom, or undefined when it is neither. */
export function findPage(word: string, format: 'text' | 'markdown' = 'text'): string | undefined {
  const cause = causeById.get(word)
  const symptom = Object.hasOwn(symptomPages, word) ? symptomPages[word as Symptom] : undefined
  const blocks = cause ? causeBlocks(cause) : symptom ? symptomBlocks(symptom) : undefined
  if (!blocks) return undefined
  if (format === 'text') return toText(blocks)
  return toMarkdown(blocks, {
    cause: (id) => `docs/causes/${id}.md`,
    symptom: (id) => `docs/symptoms.md#${id}`,
    file: (path) => path,
  })
}

/** Words close to a mistyped one, at most five: those that hold it, or share its longest part. */
export function pagesLike(word: string): readonly string[] {
  const all = [...Object.keys(symptomPages), ...causeById.keys()]
  const holding = all.filter((id) => id.includes(word))
  if (word.length > 2 && holding.length > 0) return holding.slice(0, 5)
  const parts = word.split(/[^a-z0-9]+/i).filter((part) => part.length > 3)
  const scored = all.map((id) => ({ id, score: parts.filter((part) => id.includes(part.toLowerCase())).length }))
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ id }) => id)
}
