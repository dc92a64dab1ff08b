// What is compared, how each is run at its best on all cores, and how its answer is read. A tool whose answer differs
// from the generator's manifest is not timed.
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '..', '..')
const jobs = availableParallelism()

/**
 * @typedef {{ dir: string, form: 'gzip' | 'plain', scratch: string }} Input
 * @typedef {{ id: string, title: string, does: string, forms: string[], missing: () => string | undefined,
 *   argv: (input: Input) => string[], wrong: (stdout: string, input: Input, manifest: import('./generate.mjs').Manifest) => string | undefined,
 *   share?: number }} Tool
 */

/** @type {Tool[]} */
export const tools = [
  {
    id: 'why5xx',
    title: 'why5xx',
    does: 'the whole diagnosis',
    forms: ['gzip', 'plain'],
    missing: () => (existsSync(join(root, 'dist/cli/main.js')) ? undefined : 'npm run build'),
    argv: ({ dir, scratch }) => [
      process.execPath,
      join(root, 'dist/cli/main.js'),
      dir,
      '--format',
      'json',
      '--output',
      join(scratch, 'diagnosis.json'),
      '--quiet',
    ],
    wrong: (_stdout, { scratch }, manifest) => {
      const { books, symptoms } = JSON.parse(readFileSync(join(scratch, 'diagnosis.json'), 'utf8'))
      const counted = { rows: books.rows, parsed: books.parsed, requests: books.requests, bad: books.bad }
      const expected = { rows: manifest.rows, parsed: manifest.rows, requests: manifest.rows, bad: 0 }
      for (const key of Object.keys(manifest.books)) counted[key] = books[key]
      return (
        difference(counted, { ...expected, ...manifest.books }) ??
        difference(Object.fromEntries(symptoms.map((row) => [row.symptom, row.failures])), manifest.symptoms)
      )
    },
  },
  {
    id: 'duckdb',
    title: 'DuckDB (@duckdb/node-api)',
    does: 'counts statuses',
    forms: ['gzip', 'plain'],
    missing: () => (existsSync(join(root, 'node_modules/@duckdb/node-api')) ? undefined : 'npm ci'),
    argv: ({ dir }) => [process.execPath, join(root, 'bench/duckdb-count.mjs'), `${dir}/*`],
    wrong: (stdout, _input, manifest) => difference(JSON.parse(stdout).elbStatus, manifest.elbStatus),
  },
  {
    id: 'goaccess',
    title: 'GoAccess',
    does: 'its report as JSON',
    forms: ['plain'],
    // It needs minutes for what the others do in seconds, so it gets a tenth of the files.
    share: 0.1,
    missing: () => onPath('goaccess', 'goaccess'),
    argv: ({ dir, scratch }) => [
      'sh',
      '-c',
      'rm -f "$2"; goaccess "$1"/* --log-format=AWSALB --no-global-config --no-progress -o "$2"',
      'sh',
      dir,
      join(scratch, 'goaccess.json'),
    ],
    wrong: (_stdout, { scratch }, manifest) => {
      const report = JSON.parse(readFileSync(join(scratch, 'goaccess.json'), 'utf8'))
      const counted = {}
      for (const row of report.status_codes.data.flatMap((family) => family.items ?? [family])) {
        // It prints statuses that it has no text for (460) as "Unknown".
        const status = /^\d{3}/.exec(row.data)?.[0] ?? 'unknown'
        counted[status] = (counted[status] ?? 0) + row.hits.count
      }
      const { 460: left = 0, ...known } = manifest.elbStatus
      return difference(counted, left > 0 ? { ...known, unknown: left } : known)
    },
  },
  {
    id: 'mawk',
    title: 'mawk',
    does: 'counts statuses',
    forms: ['gzip', 'plain'],
    missing: () => onPath('mawk', 'mawk') ?? onPath('libdeflate-gunzip', 'libdeflate-tools'),
    argv: ({ dir, form }) => {
      const program = '{ n[$9]++ } END { for (s in n) print s, n[s] }'
      return form === 'plain'
        ? shared(dir, `mawk '${program}' "$@"`)
        : shared(dir, `libdeflate-gunzip -c "$@" | mawk '${program}'`)
    },
    wrong: (stdout, _input, manifest) => {
      const counted = {}
      for (const line of stdout.trim().split('\n')) {
        const [status, count] = line.split(' ')
        counted[status] = (counted[status] ?? 0) + Number(count)
      }
      return difference(counted, manifest.elbStatus)
    },
  },
  {
    id: 'libdeflate',
    title: 'libdeflate-gunzip \\| wc -l',
    does: 'counts lines: the floor for gzip',
    forms: ['gzip'],
    missing: () => onPath('libdeflate-gunzip', 'libdeflate-tools'),
    argv: ({ dir }) => shared(dir, 'libdeflate-gunzip -c "$@" | wc -l'),
    wrong: (stdout, _input, manifest) =>
      difference(
        {
          rows: stdout
            .trim()
            .split('\n')
            .reduce((sum, line) => sum + Number(line), 0),
        },
        { rows: manifest.rows },
      ),
  },
]

/** One process per core, each taking two files at a time. */
function shared(dir, script) {
  return ['sh', '-c', `printf '%s\\0' "$1"/* | xargs -0 -P ${jobs} -n 2 sh -c "$2" sh`, 'sh', dir, script]
}

/** undefined when the command is there, else what to install. */
export function onPath(command, debianPackage) {
  const found = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)))
  return found ? undefined : `apt-get install ${debianPackage}`
}

function difference(counted, expected) {
  const keys = new Set([...Object.keys(counted), ...Object.keys(expected)])
  const wrong = [...keys].filter((key) => (counted[key] ?? 0) !== (expected[key] ?? 0))
  if (wrong.length === 0) return undefined
  return wrong.map((key) => `${key}: ${counted[key] ?? 0}, not ${expected[key] ?? 0}`).join('; ')
}
