import type { CauseDefinition } from '../causes/define-cause.ts'
import { families } from '../causes/families.ts'
import { causes } from '../causes/index.ts'
import { wrap } from '../causes/page-text.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  options: [
    { flags: '--format <format>', summary: 'how to print it', default: 'terminal', choices: ['terminal', 'json'] },
  ],
  examples: ['why5xx causes', 'why5xx causes --format json | jq -r \'.[] | select(.decidedBy == "row").id\''],
  run: async ({ options, stdout }) => {
    stdout.write(options.format === 'json' ? causesJson() : causesText())
    return 0
  },
})

function causesJson(): string {
  return `${JSON.stringify(
    causes.map(({ meta, docs }) => ({ ...meta, settledBy: docs.settledBy })),
    null,
    2,
  )}\n`
}

function causesText(): string {
  const groups = (Object.keys(families) as (keyof typeof families)[]).map((family) => {
    const entries = causes.filter(({ meta }) => meta.family === family).map(entryText)
    return `${families[family].toUpperCase()}\n${entries.join('\n')}\n`
  })
  return `${groups.join('\n')}
${causes.length} causes. What each needs:
  row      one row of the access log names it: AWS documents it
  rows     many rows name it, with healthy requests as the control
  witness  another source makes it likely; the log alone: candidate, or possible
why5xx explain CAUSE prints the page of one.
`
}

function entryText({ meta }: CauseDefinition): string {
  const needs = meta.wants.length > 0 ? `${meta.decidedBy} + ${meta.wants.join(', ')}` : meta.decidedBy
  return [
    `  ${meta.id}`,
    wrap(meta.title, '      ', 80),
    wrap(`needs: ${needs}`, '      ', 80),
    wrap(`explains: ${meta.symptoms.join(', ') || 'no failed row'}`, '      ', 80),
  ].join('\n')
}
