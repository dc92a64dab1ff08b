// node scripts/keep-recording.mjs RUN...: keeps runs of `why5xx lab run --no-diagnosis --out DIR` (RUN = DIR/SCENARIO) as
// fixtures/accuracy/SCENARIO-SEED: logs/ is what a diagnosis sees, the truth lies beside it and is made anew.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const load = (path) => import(join(root, 'dist/lab', path))
const { runFolders } = await load('run/folders.js')
const { scenarioById } = await load('scenarios/catalogue.js')
const { readRun, rowsOf } = await load('truth/read-run.js')
const { truthRows } = await load('truth/truth-rows.js')

/** Above this a witness weighs more in the repository than it tells. */
const WITNESS_BYTES = 600_000

for (const run of process.argv.slice(2)) {
  const folders = runFolders(run)
  const about = JSON.parse(readFileSync(join(folders.truth, 'about.json'), 'utf8'))
  const scenario = scenarioById(about.scenario)
  const { failures, rejected, run: record } = readRun(folders, scenario)
  const truth = truthRows(failures, record, scenario)
  const rejections = truthRows(rejected, record, scenario)
  const promised = Object.keys(scenario.expect.atLeast)
  const absent = promised.filter((cause) => ![...truth, ...rejections].some((row) => row.causes.includes(cause)))
  const unknown = truth.filter((row) => row.causes.length === 0).length
  if (absent.length > 0 || unknown > 0 || !about.complete) {
    process.stderr.write(
      `${run}: not kept: ${about.complete ? '' : 'incomplete; '}no failure by ${absent.join(', ') || '-'}; ${unknown} unknown\n`,
    )
    continue
  }
  const name = `${about.scenario}-${about.seed}`
  const to = join(root, 'fixtures/accuracy', name)
  rmSync(to, { recursive: true, force: true })
  mkdirSync(join(to, 'logs'), { recursive: true })
  let bytes = 0
  const write = (path, content) => {
    bytes += content.length
    writeFileSync(join(to, path), content)
  }
  for (const path of readdirSync(folders.incident, { recursive: true })) {
    const from = join(folders.incident, path)
    if (statSync(from).isDirectory() || path.startsWith('manifests')) continue
    const content = readFileSync(from)
    if (path.includes('_elasticloadbalancing_'))
      write(`logs/${basename(path)}`, gzipSync(gunzipSync(content), { level: 9 }))
    else if (content.length > WITNESS_BYTES) continue
    else if (path.endsWith('.log')) write(`logs/${basename(path)}.gz`, gzipSync(withoutPlace(content), { level: 9 }))
    else if (path.endsWith('.json')) {
      mkdirSync(dirname(join(to, 'logs', path)), { recursive: true })
      const compact = `${JSON.stringify(JSON.parse(content.toString()))}\n`
      if (compact.length > 20_000 && path.startsWith('sentry'))
        write(`logs/${path}.gz`, gzipSync(compact, { level: 9 }))
      else write(`logs/${path}`, compact)
    }
  }
  write('truth.ndjson.gz', gzipSync(truth.map((row) => `${JSON.stringify(row)}\n`).join(''), { level: 9 }))
  const { seed, traffic = 1, started, versions } = about
  // Cut after their head: no failures by their status, but a client has half an answer.
  const cutAnswers = rowsOf(join(folders.truth, 'facts.ndjson')).filter((row) => row.isTruncated).length
  write(
    'about.json',
    `${JSON.stringify({ scenario: about.scenario, seed, traffic, started, versions, failures: truth.length, cutAnswers }, null, 2)}\n`,
  )
  process.stdout.write(
    `${name}: ${truth.length} failures, ${Math.ceil(bytes / 1000)} kB${existsSync(to) ? '' : ' (lost)'}\n`,
  )
}

/** Stack traces name where the lab was installed; a pod would have its own folder. */
function withoutPlace(content) {
  return content.toString().replaceAll(/(?:\/[\w.-]+)+\/(?=\.lab-venv\/|lab\/apps\/)/g, '/srv/shop/')
}
