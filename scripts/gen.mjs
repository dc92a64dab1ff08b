// npm run gen: writes every generated file. npm run gen -- --check: fails when one would change.
// Works in a fresh clone after npm ci: the sources are compiled into .cache/gen, dist/ is not touched.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { causeDocs } from './gen/cause-docs.mjs'
import { causeIndex } from './gen/cause-index.mjs'
import { cliDocs } from './gen/cli-docs.mjs'
import { compile } from './gen/compile.mjs'
import { diagnosisSchema } from './gen/diagnosis-schema.mjs'
import { formatDocs } from './gen/format-docs.mjs'
import { getLogsDoc } from './gen/get-logs-doc.mjs'
import { readmeReport } from './gen/readme-report.mjs'
import { rowKernel } from './gen/row-kernel.mjs'
import { timeoutsDoc } from './gen/timeouts-doc.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isCheck = process.argv.includes('--check')

/** Made from source text, before anything is compiled. Each returns { path: text }. */
const indexes = [causeIndex, rowKernel]
/** Made from compiled modules: `load('causes/index')` imports src/causes/index.ts. Each returns { path: text }. */
const documents = [causeDocs, cliDocs, diagnosisSchema, formatDocs, getLogsDoc, readmeReport, timeoutsDoc]
/** Folders with nothing but generated files: what is not written anew is removed. */
const ownedFolders = ['docs/causes']

const stale = []
for (const generate of indexes) settle(await generate(root))
const load = compile(root)
const written = new Set()
for (const generate of documents) {
  const files = await generate(load, root)
  for (const path of Object.keys(files)) written.add(path)
  settle(files)
}
for (const folder of ownedFolders) {
  for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []) {
    const path = `${folder}/${name}`
    if (written.has(path)) continue
    stale.push(path)
    if (!isCheck) rmSync(join(root, path))
  }
}

if (!isCheck) process.stdout.write(stale.length > 0 ? `changed:\n${list(stale)}` : 'nothing changed\n')
else if (stale.length > 0) {
  process.stderr.write(`not up to date, run npm run gen:\n${list(stale)}`)
  process.exitCode = 1
}

function settle(files) {
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path)
    if (existsSync(full) && readFileSync(full, 'utf8') === text) continue
    stale.push(path)
    if (isCheck) continue
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
}

function list(paths) {
  return paths.map((path) => `  ${path}\n`).join('')
}
