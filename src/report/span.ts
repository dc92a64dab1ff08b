import pc from 'picocolors'
import { neutralise, toAscii } from './neutralise.ts'
import { fitTo, widthOf } from './width.ts'

/** What a piece of text is, not what it looks like: colour only adds to what the words already say. */
export type Tone =
  | 'plain'
  | 'strong'
  | 'quiet'
  | 'balancer'
  | 'target'
  | 'nobody'
  | 'good'
  | 'warn'
  | 'mark'
  | 'command'

export interface Span {
  readonly text: string
  readonly tone: Tone
}

export type Line = readonly Span[]

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone }
}

export const blank: Line = []

/** The only place that writes escape sequences, and the last one that sees text: nothing wider than `columns` leaves it. */
export function paint(lines: readonly Line[], options: { columns: number; color: boolean; unicode: boolean }): string {
  const colors = pc.createColors(options.color)
  const styles: Record<Tone, (text: string) => string> = {
    plain: (text) => text,
    strong: colors.bold,
    quiet: colors.dim,
    balancer: colors.red,
    target: colors.yellow,
    nobody: colors.magenta,
    good: colors.green,
    warn: (text) => colors.bold(colors.yellow(text)),
    mark: (text) => colors.bold(colors.red(text)),
    command: (text) => colors.bold(colors.cyan(text)),
  }
  const painted = lines.map((line) => {
    let room = options.columns
    let text = ''
    const parts = trimEnd(line)
    for (const part of parts) {
      if (room <= 0) break
      const safe = neutralise(part.text)
      const shown = fitTo(options.unicode ? safe : toAscii(safe), room, options.unicode ? '…' : '...')
      room -= widthOf(shown)
      text += styles[part.tone](shown)
    }
    return text
  })
  return `${painted.join('\n')}\n`
}

function trimEnd(line: Line): Line {
  const parts = [...line]
  while (parts.length > 0) {
    const last = parts.pop() as Span
    const text = last.text.trimEnd()
    if (text === '') continue
    parts.push(span(text, last.tone))
    break
  }
  return parts
}
