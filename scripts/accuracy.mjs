// npm run accuracy: every recorded incident (fixtures/accuracy) and every made-up one, diagnosed and scored. Exit 10 under
// the targets. npm run accuracy -- PART... takes only names with that part; --write rewrites docs/accuracy-recorded.md.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const load = (path) => import(join(root, 'dist/lab/accuracy', path))
const { runSuite } = await load('run-suite.js')
const { renderSuite } = await load('suite-text.js')
const { renderSuitePage } = await load('suite-markdown.js')

const args = process.argv.slice(2)
const only = args.filter((arg) => !arg.startsWith('--'))
const result = await runSuite({
  folder: join(root, 'fixtures/accuracy'),
  only,
  seeds: [1, 2, 3],
  onCase: ({ name, given, seconds }) => {
    if (args.includes('--verbose')) process.stderr.write(`${name}, ${given}: ${seconds.toFixed(2)} s\n`)
  },
})
process.stdout.write(renderSuite(result))
if (args.includes('--write')) writeFileSync(join(root, 'docs/accuracy-recorded.md'), renderSuitePage(result))
process.exitCode = result.isMet ? 0 : 10
