import type { CauseDefinition } from './define-cause.ts'
import { families } from './families.ts'
import type { SymptomPage } from './symptom-pages.ts'

/** A catalogue page as blocks; page-text.ts and page-markdown.ts turn them into text. Inline code is in backticks. */
export type Block =
  | { readonly kind: 'title'; readonly id: string; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [label: string, text: string])[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly ListItem[] }

export interface ListItem {
  /** Opens the item: a step, a place, or the id of another page. */
  readonly lead: string
  readonly leadKind: 'text' | 'cause' | 'symptom'
  readonly rest: readonly string[]
}

/** What a source begins with when it is a scenario of the lab. */
const LAB = 'lab: '

const decidedByText = {
  row: 'one row of the access log: AWS documents it',
  rows: 'many rows of the access log, with healthy requests as the control',
  witness: 'another source; by the access log alone it is a candidate, or possible at most',
} as const

export function causeBlocks({ meta, docs }: CauseDefinition): Block[] {
  const blocks: Block[] = [
    { kind: 'title', id: meta.id, text: meta.title },
    {
      kind: 'facts',
      rows: [
        ['where it breaks', meta.hop],
        ['family', families[meta.family]],
        ['symptoms', meta.symptoms.map((id) => `\`${id}\``).join(', ') || 'none: it leaves no failed row'],
        ['decided by', decidedByText[meta.decidedBy]],
        ['witnesses', meta.wants.join(', ') || 'none needed'],
      ],
    },
    ...section('What happened', docs.what),
    ...section('Why this status', docs.why),
    ...section('What to do', docs.act),
    heading('In the load balancer log'),
    {
      kind: 'facts',
      rows: [
        ['one row', docs.inTheLog.row],
        ['many rows', docs.inTheLog.many],
      ],
    },
    heading('Elsewhere'),
    {
      kind: 'facts',
      rows: [
        ['app log', docs.elsewhere.appLog],
        ['proxy log', docs.elsewhere.proxyLog],
        ['CloudWatch', docs.elsewhere.cloudwatch],
      ],
    },
    heading('Prove it'),
    ordered(docs.prove.map((step) => item(step.do, [`Expect: ${step.expect}`]))),
    heading('Fix'),
  ]
  if (docs.fix.length > 0)
    blocks.push(ordered(docs.fix.map(({ where, set, because }) => item(`${where}: ${set}`, [because]))))
  if (docs.noFix) blocks.push({ kind: 'paragraph', text: docs.noFix })
  if (docs.lookalikes.length > 0)
    blocks.push(heading('Not to be confused with'), {
      kind: 'list',
      ordered: false,
      items: docs.lookalikes.map(({ cause, tell }) => ({ lead: cause, leadKind: 'cause', rest: [tell] })),
    })
  if (docs.folklore)
    blocks.push(heading('Often said, and wrong'), {
      kind: 'list',
      ordered: false,
      items: docs.folklore.map(({ claim, truth }) => item(`"${claim}"`, [truth])),
    })
  if (docs.logAlone) blocks.push(...section('Why it stays a candidate', docs.logAlone))
  blocks.push(heading('What settles it'), bullets(docs.settledBy))
  const scenarios = meta.sources.filter((source) => source.startsWith(LAB))
  if (scenarios.length > 0)
    blocks.push(
      heading('In the lab'),
      bullets(scenarios.map((source) => `\`why5xx lab run ${source.slice(LAB.length)}\``)),
    )
  blocks.push(heading('Sources'), bullets(meta.sources.filter((source) => !source.startsWith(LAB))))
  return blocks
}

export function symptomBlocks(page: SymptomPage): Block[] {
  return [
    { kind: 'title', id: page.symptom, text: page.title },
    {
      kind: 'facts',
      rows: [
        ['the row', page.row],
        ['answered by', page.answeredBy],
      ],
    },
    ...section('What it means', page.means),
    heading('Candidates, most plausible first'),
    {
      kind: 'list',
      ordered: true,
      items: page.candidates.map(({ cause, when }) => ({ lead: cause, leadKind: 'cause', rest: [when] })),
    },
    heading('What settles it'),
    bullets(page.settledBy),
  ]
}

function section(title: string, text: string): Block[] {
  return [heading(title), { kind: 'paragraph', text }]
}

function heading(text: string): Block {
  return { kind: 'heading', text }
}

function item(lead: string, rest: readonly string[]): ListItem {
  return { lead, leadKind: 'text', rest }
}

function ordered(items: readonly ListItem[]): Block {
  return { kind: 'list', ordered: true, items }
}

function bullets(texts: readonly string[]): Block {
  return { kind: 'list', ordered: false, items: texts.map((text) => item(text, [])) }
}
