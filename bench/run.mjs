// npm run bench: the same logs through why5xx and its peers. Every answer is checked before it is timed; runs are
// interleaved, so that a noisy minute hits all of them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generate } from './generate.mjs'
import { measure, median, memoryMissing } from './measure.mjs'
import { targetRows } from './targets.mjs'
import { tools } from './tools.mjs'
import { measureUi, renderUi, uiMissing } from './ui.mjs'

const root = join(fileURLToPath(import.meta.url), '..', '..')
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench -- [--rows 2000000] [--runs 5] [--only ${tools.map((tool) => tool.id).join(',')},growth,first,ui] [--full] [--write]
  --full   GoAccess reads all files too (minutes), not a tenth of them
  --write  rewrites docs/benchmarks.md; with --only, what earlier calls with --write measured stays in it`)
  process.exit(0)
}
const rows = Number(values.rows)
const runs = Number(values.runs)
const only = values.only?.split(',')
const isWanted = (id) => only === undefined || only.includes(id)

if (only?.length === 1 && only[0] === 'ui') {
  await reportUi()
  process.exit()
}

const data = join(root, 'bench-data')
mkdirSync(data, { recursive: true })
const scratch = mkdtempSync(join(data, 'scratch-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

const say = (text) => process.stderr.write(`${text}\n`)
say(`Logs: ${rows} rows in ${data} (made once)`)
const whole = await prepare(rows, ['gzip', 'plain'])
const lacking = memoryMissing()
if (lacking) say(`Peak memory is not measured: ${lacking}`)

const entries = []
for (const tool of tools.filter((candidate) => isWanted(candidate.id)))
  for (const form of tool.forms) entries.push(await admit(tool, form))

const timed = entries.filter((entry) => entry.absent === undefined)
for (let run = 1; run <= runs; run++)
  for (const entry of timed) {
    say(`run ${run} of ${runs}: ${entry.tool.id} ${entry.form}`)
    const result = measure(entry.tool.argv(entry.input), scratch)
    entry.samples.push(result)
  }

let growth = isWanted('growth') ? await measureGrowth() : []
let first = isWanted('first') ? await measureFirst() : []
let measured = entries.map(({ tool, samples, ...entry }) => ({
  ...entry,
  tool: { id: tool.id, title: tool.title, does: tool.does },
  ...(samples.length > 0 ? summary(samples) : {}),
}))
if (values.write) addEarlier()
const report = render()
console.log(report)
if (isWanted('ui')) await reportUi()
if (values.write) writeDocs(report)
if (entries.some((entry) => entry.isWrong)) process.exitCode = 1

/** The page in a browser: not a matter of logs, so it has its own lines. */
async function reportUi() {
  const lacking = uiMissing()
  if (lacking) {
    process.stderr.write(`The page is not measured: ${lacking}\n`)
    return
  }
  const { text, isMet } = renderUi(await measureUi(runs))
  console.log(text)
  if (!isMet) process.exitCode = 1
}

async function prepare(count, as) {
  const out = join(data, `${Math.round(count / 1000)}k`)
  const manifest = await generate({ rows: count, out, as })
  return { dir: out, manifest }
}

/** Runs the tool once (which also warms the page cache) and compares its answer with the manifest. */
async function admit(tool, form) {
  const entry = { tool, form, share: 1, samples: [], absent: tool.missing(), isWrong: false, manifest: whole.manifest }
  entry.input = { dir: join(whole.dir, form), form, scratch }
  if (entry.absent) {
    say(`${tool.title} is not here: ${entry.absent}`)
    return entry
  }
  if (tool.share !== undefined && !values.full) {
    const part = await prepare(Math.round(rows * tool.share), ['gzip', 'plain'])
    entry.share = tool.share
    entry.manifest = part.manifest
    entry.input.dir = join(part.dir, form)
  }
  say(`checking ${tool.id} ${form}`)
  const result = measure(tool.argv(entry.input), scratch)
  const wrong = result.failed ?? answerOf(entry, result)
  if (wrong) {
    say(`${tool.id} ${form} is not timed: ${wrong}`)
    entry.absent = result.failed ? `failed: ${result.failed}` : `wrong answer: ${wrong}`
    entry.isWrong = true
  }
  return entry
}

function answerOf(entry, result) {
  try {
    return entry.tool.wrong(result.stdout, entry.input, entry.manifest)
  } catch (error) {
    return `unreadable answer: ${error.message}`
  }
}

/** why5xx alone over an eighth of the input, all of it, and eight times as much: memory must not follow the input's size. */
async function measureGrowth() {
  const tool = tools[0]
  if (tool.missing()) return []
  const found = []
  for (const factor of [1 / 8, 1, 8]) {
    say(`growth: why5xx at ${timesOf(factor)}`)
    const { dir, manifest } = await prepare(Math.round(rows * factor), factor === 1 ? ['gzip', 'plain'] : ['gzip'])
    const input = { dir: join(dir, 'gzip'), form: 'gzip', scratch }
    const samples = []
    for (let run = 0; run < Math.min(runs, 3); run++) {
      const result = measure(tool.argv(input), scratch)
      const wrong = result.failed ?? tool.wrong(result.stdout, input, manifest)
      if (wrong) {
        say(`growth is not measured at ${timesOf(factor)}: ${wrong}`)
        return found
      }
      samples.push(result)
    }
    found.push({ factor, rows: manifest.rows, ...summary(samples) })
  }
  return found
}

/** 100 MB of plain log: the first byte on a terminal, and the whole report. */
async function measureFirst() {
  const tool = tools[0]
  if (tool.missing()) return []
  const { dir, manifest } = await prepare(150_000, ['gzip', 'plain'])
  const files = readdirSync(join(dir, 'plain'))
  const folder = join(scratch, 'hundred')
  mkdirSync(folder)
  for (const file of files) symlinkSync(join(dir, 'plain', file), join(folder, file))
  const main = join(root, 'dist/cli/main.js')
  const help = []
  const report = []
  for (let run = 0; run < runs; run++) {
    help.push(measure([process.execPath, main, '--help'], scratch))
    report.push(measure([process.execPath, main, folder, '--quiet'], scratch))
  }
  const failed = [...help, ...report].find((result) => result.failed)
  if (failed) {
    say(`first output is not measured: ${failed.failed}`)
    return []
  }
  return [
    { what: 'the help text', ...summary(help) },
    { what: `terminal report of ${megabytes(manifest.bytes.plain)} MB plain`, ...summary(report) },
  ]
}

/** A quiet machine may be had for minutes only: what was measured in pieces makes one page. */
function addEarlier() {
  const path = join(data, `measured-${rows}.json`)
  let earlier = { measured: [], growth: [], first: [] }
  try {
    earlier = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  const all = tools.flatMap(({ id, forms }) => forms.map((form) => ({ id, form })))
  const isOf = (one) => (entry) => entry.tool.id === one.id && entry.form === one.form
  measured = all.flatMap((one) => measured.find(isOf(one)) ?? earlier.measured.find(isOf(one)) ?? [])
  if (growth.length === 0) growth = earlier.growth
  if (first.length === 0) first = earlier.first
  writeFileSync(path, JSON.stringify({ measured, growth, first }))
}

function timesOf(factor) {
  return factor < 1 ? `1/${1 / factor}x` : `${factor}x`
}

function summary(samples) {
  const peaks = samples.map((sample) => sample.peakBytes).filter((peak) => peak !== undefined)
  return {
    runs: samples.length,
    seconds: median(samples.map((sample) => sample.seconds)),
    slowest: Math.max(...samples.map((sample) => sample.seconds)),
    fastest: Math.min(...samples.map((sample) => sample.seconds)),
    peakBytes: peaks.length > 0 ? Math.max(...peaks) : undefined,
  }
}

function render() {
  const lines = []
  const own = (form) => measured.find((entry) => entry.tool.id === 'why5xx' && entry.form === form)
  lines.push(
    `${whole.manifest.rows.toLocaleString('en')} rows in ${whole.manifest.files} files: ` +
      `${megabytes(whole.manifest.bytes.plain)} MB plain, ${megabytes(whole.manifest.bytes.gzip)} MB gzip; ` +
      `0.5 % failures. ${availableParallelism()} cores. Medians of runs in turns, page cache warm.`,
    '',
  )
  const table = [
    ['tool', 'does', 'input', 'runs', 'seconds', 'fastest-slowest', 'rows/s', 'MB/s', 'peak MB', 'time against why5xx'],
  ]
  for (const entry of measured) {
    const head = [entry.tool.title, entry.tool.does, entry.form]
    if (entry.seconds === undefined) {
      table.push([...head, '', 'absent', entry.absent ?? '', '', '', '', ''])
      continue
    }
    const rate = entry.manifest.rows / entry.seconds
    const reference = own(entry.form)
    const ratio =
      reference?.seconds === undefined
        ? ''
        : (((entry.seconds / entry.manifest.rows) * reference.manifest.rows) / reference.seconds).toFixed(2)
    table.push([
      entry.share === 1 ? head[0] : `${head[0]} (${entry.manifest.rows.toLocaleString('en')} rows)`,
      head[1],
      head[2],
      String(entry.runs),
      entry.seconds.toFixed(2),
      `${entry.fastest.toFixed(2)}-${entry.slowest.toFixed(2)}`,
      Math.round(rate).toLocaleString('en'),
      Math.round(entry.manifest.bytes.plain / 1e6 / entry.seconds).toLocaleString('en'),
      entry.peakBytes === undefined ? '' : megabytes(entry.peakBytes),
      ratio,
    ])
  }
  lines.push(...markdownTable(table), '')
  lines.push('MB/s counts the bytes of the log after unpacking. Peak MB is the largest single process.')
  if (measured.some((entry) => entry.share !== 1 && entry.seconds !== undefined))
    lines.push(
      'A tool with its own row count read that much of the same kind of log; its ratio is per row. `--full` runs it over everything.',
    )
  if (growth.length > 0) {
    const table = [['why5xx, gzip', 'rows', 'seconds', 'peak MB', 'against 1x']]
    const whole = growth.find((row) => row.factor === 1)
    for (const row of growth)
      table.push([
        timesOf(row.factor),
        row.rows.toLocaleString('en'),
        row.seconds.toFixed(2),
        row.peakBytes === undefined ? '' : megabytes(row.peakBytes),
        row.peakBytes === undefined || whole?.peakBytes === undefined
          ? ''
          : (row.peakBytes / whole.peakBytes).toFixed(2),
      ])
    lines.push('', ...markdownTable(table))
  }
  if (first.length > 0) {
    const table = [['why5xx', 'seconds', 'fastest-slowest']]
    for (const row of first)
      table.push([row.what, row.seconds.toFixed(2), `${row.fastest.toFixed(2)}-${row.slowest.toFixed(2)}`])
    lines.push('', ...markdownTable(table))
  }
  const targets = targetRows({ measured, growth, first })
  if (targets.length > 0) lines.push('', ...markdownTable([['target', 'at least', 'measured', ''], ...targets]))
  return lines.join('\n')
}

function markdownTable(table) {
  const widths = table[0].map((_, column) => Math.max(3, ...table.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(table[0]), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...table.slice(1).map(line)]
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6).toLocaleString('en')
}

/** Everything below the marker is written by hand and stays. */
function writeDocs(text) {
  const path = join(root, 'docs/benchmarks.md')
  const marker = '<!-- written by hand from here on -->'
  let kept = ''
  try {
    const old = readFileSync(path, 'utf8')
    if (old.includes(marker)) kept = old.slice(old.indexOf(marker) + marker.length)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  const page = `<!-- Generated by npm run bench -- --write. -->
# Benchmarks

Measured on: ${machine}. Times of different machines do not compare; the ratios within one table do.

${text}

${marker}${kept.trimEnd()}
`
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(path, page)
}
