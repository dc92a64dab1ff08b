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

/** Breaks at spaces; a command in backticks is kept on one line where it fits, so that it can be copied. */
export function wrap(text: string, indent: string, width: number): string {
  const room = width - indent.length
  const words = (text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []).flatMap((word) =>
    word.length > room ? word.split(/\s+/) : [word],
  )
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line === '') line = word
    else if (line.length + 1 + word.length <= room) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  lines.push(line)
  return lines.map((each) => indent + each).join('\n')
}
