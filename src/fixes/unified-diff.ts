interface Line {
  readonly kind: ' ' | '-' | '+'
  readonly text: string
}

const context = 3
/** Beyond this many cells the table is not worth it: the middle is then shown as replaced. */
const mostCells = 4_000_000

/** A unified diff of two texts, `''` when they are equal. Files here are configurations of a few hundred lines. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const hunks = hunksOf(compare(linesOf(before), linesOf(after)))
  return `--- a/${name}\n+++ b/${name}\n${hunks.join('')}`
}

/** What git writes below a last line without a line break. */
const noBreak = '\n\\ No newline at end of file'

function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  else lines.push(`${lines.pop()}${noBreak}`)
  return lines
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const left = before.slice(start, before.length - end)
  const right = after.slice(start, after.length - end)
  const same = (text: string): Line => ({ kind: ' ', text })
  return [...before.slice(0, start).map(same), ...middle(left, right), ...before.slice(before.length - end).map(same)]
}

/** Longest common subsequence. */
function middle(left: readonly string[], right: readonly string[]): Line[] {
  const gone = (text: string): Line => ({ kind: '-', text })
  const come = (text: string): Line => ({ kind: '+', text })
  if (left.length * right.length > mostCells) return [...left.map(gone), ...right.map(come)]
  const width = right.length + 1
  const table = new Uint32Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      table[i * width + j] =
        left[i] === right[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) {
      lines.push({ kind: ' ', text: left[i] as string })
      i++
      j++
    } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
      lines.push(gone(left[i++] as string))
    else lines.push(come(right[j++] as string))
  }
  return [...lines, ...left.slice(i).map(gone), ...right.slice(j).map(come)]
}

function hunksOf(lines: readonly Line[]): string[] {
  const changed = lines.flatMap((line, index) => (line.kind === ' ' ? [] : [index]))
  const hunks: string[] = []
  let at = 0
  while (at < changed.length) {
    const first = Math.max(0, (changed[at] as number) - context)
    let last = changed[at] as number
    while (at + 1 < changed.length && (changed[at + 1] as number) - last <= 2 * context) last = changed[++at] as number
    at++
    hunks.push(hunk(lines, first, Math.min(lines.length, last + context + 1)))
  }
  return hunks
}

function hunk(lines: readonly Line[], from: number, to: number): string {
  const count = (end: number, start: number, kind: '-' | '+'): number => {
    let number = 0
    for (let index = start; index < end; index++)
      if (lines[index]?.kind === ' ' || lines[index]?.kind === kind) number++
    return number
  }
  const part = lines.slice(from, to)
  const old = `${count(from, 0, '-') + 1},${count(to, from, '-')}`
  const fresh = `${count(from, 0, '+') + 1},${count(to, from, '+')}`
  return `@@ -${old} +${fresh} @@\n${part.map((line) => `${line.kind}${line.text}\n`).join('')}`
}
