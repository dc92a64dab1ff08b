import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const BEGIN = '<!-- report: written by npm run gen -->'
const END = '<!-- /report -->'

/** README.md: the beginning of the real report about the bundled incident. */
export async function readmeReport(load, root) {
  const [{ diagnose }, { redact }, { renderTerminal }] = await Promise.all(
    ['engine/diagnose', 'report/redact', 'report/terminal'].map(load),
  )
  const { diagnosis } = await diagnose({ paths: [join(root, 'examples/missing-502')], version: '', jobs: 0 })
  const text = renderTerminal(redact({ ...diagnosis, failureRows: null }, { on: true }), { columns: 80, color: false })
  // From the headline to the end of the first finding with a cause.
  const blocks = text.split('\n\n')
  const clearest = blocks.findIndex((block) => block.startsWith('• '))
  const shown = blocks.slice(0, clearest + 1).join('\n\n')
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [before, rest] = readme.split(BEGIN)
  const after = rest.split(END)[1]
  return {
    'README.md': `${before}${BEGIN}\n\n\`\`\`console\n$ why5xx examples/missing-502\n${shown}\n…\n\`\`\`\n\n${END}${after}`,
  }
}
