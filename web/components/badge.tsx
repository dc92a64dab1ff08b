import type { Confidence } from '../../src/core/vocabulary.ts'
import { confidenceWords } from '../model/words.ts'

/** The word and a shape: never colour alone. */
export function Badge({ confidence }: { readonly confidence: Confidence | null }) {
  const word = confidence ?? 'undetermined'
  return (
    <span class={`badge badge-${word}`} title={confidence ? confidenceWords[confidence] : 'The rows cannot decide.'}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.5" />
        {word === 'certain' && <circle cx="5" cy="5" r="4" fill="currentColor" />}
        {word === 'likely' && <path d="M5 1a4 4 0 0 1 0 8z" fill="currentColor" />}
        {word === 'undetermined' && <path d="M5 3v2.4M5 6.6v.9" stroke="currentColor" stroke-width="1.4" />}
      </svg>
      {word}
    </span>
  )
}
