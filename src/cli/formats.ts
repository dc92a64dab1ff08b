import { wrap } from '../causes/page-text.ts'
import { fail } from '../core/errors.ts'
import type { FieldSpec, LogFormat } from '../formats/define-format.ts'
import { formats } from '../formats/index.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  options: [
    { flags: '--format <format>', summary: 'how to print it', default: 'terminal', choices: ['terminal', 'json'] },
  ],
  examples: ['why5xx formats', 'why5xx formats alb', "why5xx formats --format json | jq -r '.[0].fields[].name'"],
  run: async ({ args, options, stdout }) => {
    const [id] = args
    const shown = id === undefined ? formats : formats.filter((format) => format.id === id)
    if (shown.length === 0)
      fail('USAGE', {
        what: `No format ${JSON.stringify(id)}. Known: ${formats.map((format) => format.id).join(', ')}`,
      })
    if (options.format === 'json') stdout.write(`${JSON.stringify(shown.map(asData), null, 2)}\n`)
    else stdout.write(id === undefined ? list() : shown.map(fieldsText).join('\n'))
    return 0
  },
})

function asData({ id, title, source, rowIs, leastFields, fields }: LogFormat): unknown {
  return {
    id,
    title,
    source,
    rowIs,
    leastFields,
    fields: fields.map(({ name, kind, quoted = false, since = null, absent = ['-'], meaning }, index) => ({
      number: index + 1,
      name,
      kind,
      quoted,
      since,
      absent,
      meaning,
    })),
  }
}

function list(): string {
  const entries = formats.map(
    ({ id, title, rowIs, fields, leastFields }) =>
      `  ${id.padEnd(18)}${title}\n${wrap(`a row is ${rowIs}; ${leastFields} to ${fields.length} fields and more`, ' '.repeat(20), 80)}\n`,
  )
  return `${entries.join('')}
Recognised by content, whatever the file's name: plain or gzip, and as exports too
(JSON lines; CSV or tab-separated with a header that names the fields).
why5xx formats FORMAT prints its fields.
`
}

function fieldsText({ title, source, rowIs, fields }: LogFormat): string {
  const rows = fields.map((field, index) => fieldText(field, index + 1))
  return `${title}: a row is ${rowIs}\n${source}\n\n${rows.join('\n')}\n`
}

function fieldText({ name, kind, quoted, since, meaning }: FieldSpec, number: number): string {
  const kinds = [kind, ...(quoted ? ['quoted'] : []), ...(since ? [`since ${since}`] : [])].join(', ')
  return `${String(number).padStart(3)} ${name.padEnd(29)} ${kinds}\n${wrap(meaning.replaceAll('`', ''), '      ', 80)}`
}
