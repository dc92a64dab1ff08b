import type { Place } from '../chain.ts'

/** One argument of a command line, and where it stands. */
export interface Word {
  readonly text: string
  readonly at: Place | null
}

/** Splits a shell command into words: quotes, backslashes; operators (`&&`, `;`, `|`) become words of their own. */
export function splitShell(command: string, placeAt: (offset: number) => Place | null): Word[] {
  const words: Word[] = []
  let current = ''
  let start = -1
  let quote = ''
  const push = (): void => {
    if (start >= 0) words.push({ text: current, at: placeAt(start) })
    current = ''
    start = -1
  }
  for (let index = 0; index < command.length; index++) {
    const char = command[index] as string
    if (quote) {
      if (char === quote) quote = ''
      else if (char === '\\' && quote === '"') current += command[++index] ?? ''
      else current += char
    } else if (char === '"' || char === "'") {
      quote = char
      if (start < 0) start = index
    } else if (char === '\\') {
      // A backslash at the end of a line continues it.
      const following = command[++index] ?? ''
      if (following !== '\n') {
        if (start < 0) start = index - 1
        current += following
      }
    } else if (/\s/.test(char)) {
      push()
      if (char === '\n') words.push({ text: ';', at: placeAt(index) })
    } else if (/[;&|]/.test(char)) {
      push()
      const isDouble = command[index + 1] === char
      words.push({ text: isDouble ? char + char : char, at: placeAt(index) })
      if (isDouble) index++
    } else {
      if (start < 0) start = index
      current += char
    }
  }
  push()
  return words
}

/** `uvicorn` of `/usr/local/bin/uvicorn`. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}
