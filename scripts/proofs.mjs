// npm run proofs: every fix of src/lab/proof/proofs.ts, before and after in the lab. Exit 10 when one removes too little.
// npm run proofs -- PART... takes causes and scenarios with that part; --jobs N (3), --seed N (1), --out DIR; --resume
// takes the pairs that DIR has already; --write rewrites docs/proofs.md: the rows of what was run, and what else stands
// there.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const load = (path) => import(join(root, 'dist/lab/proof', path))
const { proofs } = await load('proofs.js')
const { runPairs } = await load('run-proofs.js')
const { proofResult } = await load('proof-result.js')
const { renderProofs, renderProofPage } = await load('proof-text.js')

const { values, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'lab-out/proofs' },
    resume: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const wanted = proofs.filter(
  ({ cause, scenario }) => parts.length === 0 || parts.some((part) => cause.includes(part) || scenario.includes(part)),
)
// Several causes of one scenario are one pair of runs.
const keyOf = ({ scenario, by }) => JSON.stringify([scenario, by])
const keys = [...new Set(wanted.map(keyOf))]
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())
const pairs = await runPairs(
  keys.map((key) => {
    const [scenario, by] = JSON.parse(key)
    return { scenario, by, seed, folder: resolve(values.out) }
  }),
  {
    jobs: Number(values.jobs),
    signal: interrupt.signal,
    isResumed: values.resume,
    onMessage: (run, message) => {
      if (!('kind' in message))
        process.stderr.write(`${run.scenario}${run.fix ? ' after' : ''}: ${message.failures} failures\n`)
    },
  },
)
const results = wanted.flatMap((proof) => {
  const pair = pairs.find(({ planned }) => keyOf(planned) === keyOf(proof))
  return (pair && proofResult(proof, pair)) ?? []
})
process.stdout.write(renderProofs(results))
const page = join(root, 'docs/proofs.md')
if (values.write && !interrupt.signal.aborted)
  writeFileSync(page, renderProofPage(results, seed, readFileSync(page, 'utf8')))
process.exitCode = interrupt.signal.aborted
  ? 130
  : results.length === wanted.length && results.every((one) => one.isMet)
    ? 0
    : 10
