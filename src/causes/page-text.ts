import type { Block } from './page.ts'

/** Plain text, 80 columns. Only a word or a short command that does not fit by itself is longer. */
export function toText(blocks: readonly Block[], width = 80): string {
  return `${blocks.map((block) => blockText(block, width)).join('\n')}\n`
}

function blockText(block: Block, width: number): string {
  switch (block.kind) {
    case 'title':
      return `${block.id}\n${wrap(block.text, '', width)}\n`
    case 'heading':
      return block.text.toUpperCase()
    case 'paragraph':
      return `${wrap(block.text, '  ', width)}\n`
    case 'facts': {
      const labelWidth = Math.max(...block.rows.map(([label]) => label.length)) + 4
      return `${block.rows
        .map(([label, text]) => {
          const body = wrap(text, ' '.repeat(labelWidth), width)
          return `  ${label}`.padEnd(labelWidth) + body.slice(labelWidth)
        })
        .join('\n')}\n`
    }
    case 'list':
      return `${block.items
        .map((entry, index) => {
          const mark = block.ordered ? `  ${index + 1}. ` : '  - '
          const indent = ' '.repeat(mark.length)
          const texts =
            entry.leadKind === 'text' ? [entry.lead, ...entry.rest] : [`${entry.lead}: ${entry.rest.join(' ')}`]
          const lines = texts.map((text) => wrap(text, indent, width)).join('\n')
          return mark + lines.slice(indent.length)
        })
        .join('\n')}\n`
  }
}

/**
 * Breaks at spaces. A command in backticks is kept on one line where it fits, so that it can be copied; a longer one is
 * continued with ` \\`, as in a shell.
 */
export function wrap(text: string, indent: string, width: number): string {
  const room = width - indent.length
  const words = (text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []).flatMap((word) =>
    word.length > room ? cut(word, room) : [word],
  )
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const isContinued = word.endsWith(CONTINUED)
    const fits = line !== '' && !line.endsWith(CONTINUED) && line.length + 1 + word.length <= room
    if (line === '') line = word
    else if (fits && !isContinued) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  lines.push(line)
  return lines.map((each) => indent + each).join('\n')
}

const CONTINUED = ' \\'
const COMMAND = /^`(aws|conntrack|curl|head|kubectl|nsenter|openssl|tcpdump|why5xx) /

/** Pieces of a code span that is longer than a line. */
function cut(span: string, room: number): string[] {
  if (!COMMAND.test(span)) return span.split(/\s+/)
  const pieces: string[] = []
  let piece = ''
  for (const argument of span.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? []) {
    if (piece === '') piece = argument
    else if (piece.length + 1 + argument.length + CONTINUED.length <= room) piece += ` ${argument}`
    else {
      pieces.push(piece + CONTINUED)
      piece = argument
    }
  }
  return [...pieces, piece]
}
