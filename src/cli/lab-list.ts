import { scenarios } from '../lab/scenarios/catalogue.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  options: [{ flags: '--format <format>', summary: 'of the list', default: 'terminal', choices: ['terminal', 'json'] }],
  examples: ['why5xx lab list'],
  run: async ({ options, stdout }) => {
    if (options.format === 'json') {
      const rows = scenarios.map(({ id, title, story, scaled, expect, traffic, fixes }) => ({
        id,
        title,
        story,
        scaled,
        causes: Object.keys(expect.atLeast),
        seconds: traffic.seconds,
        fixes: Object.entries(fixes ?? {}).map(([name, fix]) => ({ name, title: fix.title, changes: fix.changes })),
      }))
      stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
      return 0
    }
    for (const { id, title, story, scaled, fixes, traffic } of scenarios) {
      stdout.write(`${id}  (${traffic.seconds} s)\n  ${title}\n`)
      for (const line of story) stdout.write(`    ${line}\n`)
      if (scaled.length > 0) stdout.write(`    scaled: ${scaled.join('; ')}\n`)
      const names = Object.keys(fixes ?? {})
      if (names.length > 0) stdout.write(`    fixes:  ${names.join(', ')}\n`)
      stdout.write('\n')
    }
    stdout.write(`${scenarios.length} scenarios. Next: why5xx lab run ${scenarios[0]?.id}\n`)
    return 0
  },
})
