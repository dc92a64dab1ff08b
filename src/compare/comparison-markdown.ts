import { formatCount } from '../report/format-number.ts'
import { markdownCode as code, neutraliseAll, markdownText as prose } from '../report/neutralise.ts'
import type { Comparison } from './comparison.ts'
import { bookLine, causeName, confidenceWords, sideFacts } from './comparison-text.ts'
import type { Rate } from './rates.ts'
import { percent, verdictWords } from './say-change.ts'

/** The comparison to paste into a pull request or an incident's page. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const safe = neutraliseAll(comparison)
  const blocks = [
    `## ${prose(safe.headline)}`,
    `before: ${prose(sideFacts(safe.before, '–'))}  \nafter: ${prose(sideFacts(safe.after, '–'))}`,
    safe.causes.length === 0
      ? ''
      : safe.causes
          .map((change) => `- ${code(causeName(change))}${confidenceWords(change)}: ${prose(change.sentence)}`)
          .join('\n'),
    safe.symptoms.length === 0
      ? ''
      : [
          '| what the load balancer saw | before | after | |',
          '| --- | ---: | ---: | --- |',
          ...safe.symptoms.map(
            (change) =>
              `| ${code(change.symptom)} | ${cell(change.before)} | ${cell(change.after)} | ${verdictWords[change.verdict]} |`,
          ),
        ].join('\n'),
    `**What the traffic mix alone explains**\n\n${prose(safe.mix.sentence)}`,
    safe.notes.length === 0 ? '' : `**To keep in mind**\n\n${safe.notes.map((note) => `- ${prose(note)}`).join('\n')}`,
    `**Books**\n\n- before: ${prose(bookLine(safe.before))}\n- after: ${prose(bookLine(safe.after))}`,
  ].filter((block) => block !== '')
  return `${blocks.join('\n\n')}\n`
}

function cell(rate: Rate): string {
  return `${formatCount(rate.failures)} (${rate.failures === 0 ? `at most ${percent(rate.high)}` : percent(rate.rate)})`
}
