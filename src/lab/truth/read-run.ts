import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFolders } from '../run/folders.ts'
import type { TimelineEvent } from '../run/timeline.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Server } from '../servers/server.ts'
import type { AppEvent, Failure, NginxError, RunRecord } from './failure.ts'

/** Reads what the lab recorded about a run. Never the load balancer's log. */
export function readRun(
  folders: RunFolders,
  scenario: Scenario,
): { failures: readonly Failure[]; rejected: readonly Failure[]; run: RunRecord } {
  const about = JSON.parse(readFileSync(join(folders.truth, 'about.json'), 'utf8')) as {
    pods: readonly { name: string; address: string }[]
  }
  const seenByApp = new Map<string, number>()
  for (const line of linesOf(join(folders.truth, 'seen-by-app.log'))) {
    const [time, trace] = line.split(' ')
    if (time && trace) seenByApp.set(trace.replace(/^.*Root=/, ''), Number(time) * 1000)
  }
  const front = scenario.workload.template.containers.find(
    (container) => container.port === scenario.workload.template.port,
  )
  const facts = rowsOf<Failure>(join(folders.truth, 'facts.ndjson'))
  return {
    failures: facts.filter((row) => row.elbStatus >= 500 || row.elbStatus === 460),
    rejected: facts.filter((row) => row.elbStatus < 500 && row.elbStatus !== 460 && row.targetStatus === null),
    run: {
      timeline: rowsOf<TimelineEvent>(join(folders.truth, 'timeline.ndjson')),
      seenByApp,
      appEvents: linesOf(join(folders.incident, 'app.log')).flatMap(parseAppEvent),
      nginxErrors: readdirSync(folders.incident)
        .filter((name) => name.endsWith('.error.log'))
        .flatMap((name) => linesOf(join(folders.incident, name)).map(parseNginxError)),
      podByAddress: new Map(about.pods.map((pod) => [pod.address, pod.name])),
      frontServer: front?.server.kind ?? 'unknown',
      fixedResponsePaths: (scenario.loadBalancer?.fixedResponses ?? []).map((rule) => rule.path.replace(/\*.*$/, '')),
      targetKeepAliveMs: front && keepAliveMsOf(front.server),
      idleTimeoutMs: (scenario.loadBalancer?.idleTimeoutSeconds ?? 60) * 1000,
    },
  }
}

/** When each server closes an idle connection: its setting, or what was measured for its default (docs/lab.md). */
function keepAliveMsOf(server: Server): number | undefined {
  switch (server.kind) {
    case 'uvicorn':
      return (server.keepAliveSeconds ?? 5) * 1000
    case 'gunicorn':
      return (server.keepAliveSeconds ?? 2) * 1000
    case 'node':
      // Node adds a second to what it announces (keepAliveTimeoutBuffer).
      return (server.keepAliveMs ?? 5000) + 1000
    case 'nginx':
      return (server.keepaliveSeconds ?? 75) * 1000
    case 'haproxy':
      return 75_000
  }
}

export function parseNginxError(line: string): NginxError {
  const match = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[\w+\] \S+ (?:\*\d+ )?(.*)$/.exec(line)
  const message = match?.[5] ?? line
  // nginx writes local time; the lab's processes inherit this process's time zone.
  const timeMs = match ? new Date(`${match[1]}-${match[2]}-${match[3]}T${match[4]}`).getTime() : 0
  const request = /request: "(\S+ \S+) HTTP/.exec(message)?.[1]
  return { timeMs, message: message.replace(/, client: .*$/, ''), request }
}

export function rowsOf<T>(file: string): T[] {
  return linesOf(file).map((line) => JSON.parse(line) as T)
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

/** Lines about the server's own life, not about requests. */
function parseAppEvent(line: string): AppEvent[] {
  if (!/WORKER TIMEOUT|was sent SIG|Autorestarting|Shutting down|Worker exiting|Booting worker/.test(line)) return []
  const match = /^(\S+) \[([^\]]+)\] (.*)$/.exec(line)
  if (!match?.[1] || !match[2] || !match[3]) return []
  return [{ timeMs: Date.parse(match[1]), pod: match[2], text: match[3] }]
}
