import type { Place } from '../chain.ts'

/** A text somebody gave, with the name to print. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  /** Found in a given folder, not given by name: it may be something else altogether. */
  readonly isFound?: boolean
}

/** Reads what a given file points to (nginx includes). The edge supplies it; tests hand in a table. */
export interface FileHost {
  /** undefined = does not exist or cannot be read. */
  readonly read: (path: string) => string | undefined
  /** Names that match a glob of one folder level, sorted. */
  readonly glob: (pattern: string) => readonly string[]
}

/** Turns offsets of one text into lines and columns. A text inside another file (a ConfigMap) starts at `base`. */
export interface Positions {
  readonly file: string
  readonly at: (offset: number) => Place
}

export function positionsOf(file: string, text: string, firstLine = 1, indent = 0): Positions {
  const starts = [0]
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) starts.push(index + 1)
  return {
    file,
    at: (offset) => {
      let low = 0
      let high = starts.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return { file, line: firstLine + low, column: indent + offset - (starts[low] ?? 0) + 1 }
    },
  }
}
