import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientRows } from '../run/client-view.ts'
import type { RunFolders } from '../run/folders.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { rowsOf } from '../truth/read-run.ts'
import { manifests } from './manifests.ts'
import { type CpuStatRow, prometheusMatrix } from './prometheus.ts'
import { type AppErrorRow, appSentryEvents, clientSentryEvents } from './sentry.ts'

/** Adds to the incident folder what other systems would have said: both Sentries and the manifests. */
export function writeWitnesses(folders: RunFolders, scenario: Scenario): void {
  const appErrors = rowsOf<AppErrorRow>(join(folders.truth, 'app-errors.ndjson'))
  write(join(folders.incident, 'sentry-client.json'), clientSentryEvents(clientRows(folders)))
  write(join(folders.incident, 'sentry-app.json'), appSentryEvents(appErrors))
  const cpuStats = rowsOf<CpuStatRow>(join(folders.truth, 'cpu-stat.ndjson'))
  if (cpuStats.length > 0) write(join(folders.incident, 'prometheus.json'), prometheusMatrix(cpuStats))
  const folder = join(folders.incident, 'manifests')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(manifests(scenario))) writeFileSync(join(folder, name), text)
}

function write(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`)
}
