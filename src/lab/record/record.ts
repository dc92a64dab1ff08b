import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runFolders } from '../run/folders.ts'
import type { RunResult } from '../run/run-scenario.ts'

/** Logs above this are stored as gzip. */
const plainBytes = 64 * 1024

/**
 * Turns a run into an incident folder: the logs and witnesses, the truth, and what it was. An interrupted run is marked,
 * in about.json and by a file that nobody overlooks.
 */
export function writeRecording(result: RunResult, folder: string): void {
  const folders = runFolders(result.folder)
  mkdirSync(folder, { recursive: true })
  // A recording replaces an older one of the same scenario; a log of yesterday among today's would be another incident.
  for (const name of readdirSync(folder)) if (isRecorded(name)) rmSync(join(folder, name), { recursive: true })
  cpSync(folders.incident, folder, { recursive: true })
  for (const name of ['truth.ndjson', 'rejected.ndjson', 'timeline.ndjson', 'counters.json'])
    if (existsSync(join(folders.truth, name))) cpSync(join(folders.truth, name), join(folder, name))
  const about = JSON.parse(readFileSync(join(folders.truth, 'about.json'), 'utf8')) as Record<string, unknown>
  const story = {
    ...about,
    failures: result.failures,
    failuresByCause: result.byCause,
    failuresBySymptom: result.bySymptom,
    clients: result.client,
  }
  writeFileSync(join(folder, 'about.json'), `${JSON.stringify(story, null, 2)}\n`)
  if (!result.isComplete)
    writeFileSync(
      join(folder, 'INCOMPLETE'),
      'The lab was interrupted: logs and truth end in the middle of the story.\n',
    )
  compressLargeLogs(folder)
}

function isRecorded(name: string): boolean {
  return (
    /_elasticloadbalancing_.*\.log\.gz$/.test(name) ||
    /^(app|haproxy|nginx.*)\.log(\.gz)?$/.test(name) ||
    /^(truth|rejected|timeline)\.ndjson(\.gz)?$/.test(name) ||
    [
      'counters.json',
      'about.json',
      'cloudwatch.json',
      'prometheus.json',
      'sentry-client.json',
      'sentry-client.json.gz',
      'sentry-app.json',
      'kubernetes',
      'manifests',
      'INCOMPLETE',
    ].includes(name)
  )
}

function compressLargeLogs(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (!/\.(log|ndjson|json)$/.test(name) || name === 'truth.ndjson' || statSync(file).size < plainBytes) continue
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
    rmSync(file)
  }
}
