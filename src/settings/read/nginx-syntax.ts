import type { Place } from '../chain.ts'
import { type Positions, positionsOf } from './source-file.ts'

/**
 * nginx's own grammar is three rules (words, `;`, `{ }`); the parsers on npm give no columns or none for includes, and
 * findings need both. Own, for that reason.
 */
export interface NginxDirective {
  readonly name: string
  readonly words: readonly string[]
  readonly at: Place
  /** Offsets in the text it stands in: name to the closing `;` or `{`. */
  readonly from: number
  readonly to: number
  readonly block: readonly NginxDirective[] | null
}

export interface NginxSyntaxError {
  readonly at: Place
  readonly message: string
}

interface Token {
  readonly kind: 'word' | ';' | '{' | '}'
  readonly text: string
  readonly from: number
  readonly to: number
}

export function parseNginx(
  file: string,
  text: string,
  positions: Positions = positionsOf(file, text),
): { readonly directives: readonly NginxDirective[]; readonly errors: readonly NginxSyntaxError[] } {
  const errors: NginxSyntaxError[] = []
  const tokens = tokenize(text, (offset, message) => errors.push({ at: positions.at(offset), message }))
  let next = 0

  const parseBlock = (depth: number): NginxDirective[] => {
    const found: NginxDirective[] = []
    while (next < tokens.length) {
      const token = tokens[next] as Token
      if (token.kind === '}') {
        if (depth === 0) errors.push({ at: positions.at(token.from), message: 'A "}" that closes nothing' })
        next++
        if (depth > 0) return found
        continue
      }
      if (token.kind !== 'word') {
        errors.push({ at: positions.at(token.from), message: `A "${token.text}" without a directive before it` })
        next++
        continue
      }
      found.push(parseDirective(token, depth))
    }
    if (depth > 0) errors.push({ at: positions.at(text.length), message: 'A "{" that is never closed' })
    return found
  }

  const parseDirective = (name: Token, depth: number): NginxDirective => {
    next++
    const words: string[] = []
    let end = name.to
    while (next < tokens.length) {
      const token = tokens[next] as Token
      if (token.kind === '}') {
        errors.push({ at: positions.at(name.from), message: `"${shorten(name.text)}" is not ended with ";"` })
        break
      }
      next++
      end = token.to
      if (token.kind === 'word') words.push(token.text)
      else if (token.kind === ';')
        return { name: name.text, words, at: positions.at(name.from), from: name.from, to: end, block: null }
      else {
        // 64 is far beyond what nginx.conf nests; the bound keeps a hostile file from ending the stack.
        if (depth > 64) break
        return {
          name: name.text,
          words,
          at: positions.at(name.from),
          from: name.from,
          to: end,
          block: parseBlock(depth + 1),
        }
      }
    }
    if (next >= tokens.length && errors.length === 0)
      errors.push({ at: positions.at(name.from), message: `"${shorten(name.text)}" is not ended with ";"` })
    return { name: name.text, words, at: positions.at(name.from), from: name.from, to: end, block: null }
  }

  return { directives: parseBlock(0), errors }
}

function tokenize(text: string, report: (offset: number, message: string) => void): Token[] {
  const tokens: Token[] = []
  let index = 0
  while (index < text.length) {
    const char = text[index] as string
    if (/\s/.test(char)) index++
    else if (char === '#') {
      const end = text.indexOf('\n', index)
      index = end === -1 ? text.length : end
    } else if (char === ';' || char === '{' || char === '}') {
      tokens.push({ kind: char, text: char, from: index, to: index + 1 })
      index++
    } else if (char === '"' || char === "'") {
      const end = endOfQuote(text, index)
      if (end === -1) {
        report(index, 'A quote that is never closed')
        return tokens
      }
      tokens.push({
        kind: 'word',
        text: text.slice(index + 1, end).replace(/\\(["'])/g, '$1'),
        from: index,
        to: end + 1,
      })
      index = end + 1
    } else {
      const end = endOfWord(text, index)
      tokens.push({ kind: 'word', text: text.slice(index, end), from: index, to: end })
      index = end
    }
  }
  return tokens
}

function endOfQuote(text: string, start: number): number {
  const quote = text[start]
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === quote) return index
  }
  return -1
}

/** `${name}` inside a word does not end it. */
function endOfWord(text: string, start: number): number {
  for (let index = start; index < text.length; index++) {
    const char = text[index] as string
    if (char === '\\') index++
    else if (char === '$' && text[index + 1] === '{') {
      const close = text.indexOf('}', index)
      if (close === -1) return text.length
      index = close
    } else if (/[\s;{}]/.test(char)) return Math.max(index, start + 1)
  }
  return text.length
}

function shorten(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word
}
