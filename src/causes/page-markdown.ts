import type { Block, ListItem } from './page.ts'

/** Where the other pages are, seen from this one. */
export interface PageLinks {
  readonly cause: (id: string) => string
  readonly symptom: (id: string) => string
  /** A file named from the root of the repository: `docs/measurements.md`. */
  readonly file: (path: string) => string
}

export function toMarkdown(blocks: readonly Block[], links: PageLinks, level = 1): string {
  return `${blocks.map((block) => blockMarkdown(block, links, level)).join('\n\n')}\n`
}

function blockMarkdown(block: Block, links: PageLinks, level: number): string {
  switch (block.kind) {
    case 'title':
      return `${'#'.repeat(level)} ${block.id}\n\n${escapeHtml(block.text)}`
    case 'heading':
      return `${'#'.repeat(level + 1)} ${block.text}`
    case 'paragraph':
      return escapeHtml(block.text)
    case 'facts':
      return block.rows.map(([label, text]) => `- **${label}**: ${escapeHtml(text)}`).join('\n')
    case 'list':
      return block.items
        .map((entry, index) => `${block.ordered ? `${index + 1}.` : '-'} ${itemMarkdown(entry, links)}`)
        .join('\n')
  }
}

function itemMarkdown(entry: ListItem, links: PageLinks): string {
  const rest = entry.rest.map(escapeHtml)
  if (entry.leadKind === 'text') return [linkFile(escapeHtml(entry.lead), links), ...rest].join('<br>')
  return `[${entry.lead}](${links[entry.leadKind](entry.lead)}): ${rest.join(' ')}`
}

/** `docs/measurements.md, row 3` at the start of a source. */
function linkFile(text: string, links: PageLinks): string {
  return text.replace(/^docs\/\S+\.md/, (path) => `[${path}](${links.file(path)})`)
}

/** `<` and `>` outside code spans, so that a placeholder is not read as a tag. An address stays an address. */
function escapeHtml(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('>', '&gt;')))
    .join('')
}
