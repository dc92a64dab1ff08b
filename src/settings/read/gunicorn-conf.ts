import type { ChainValue } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { type AppSettings, withDefaults } from './app-settings.ts'
import { given, gunicornKind } from './command-line.ts'
import { positionsOf, type SourceFile } from './source-file.ts'

const names: Readonly<Record<string, SettingId>> = {
  keepalive: 'app.keepAliveSeconds',
  backlog: 'app.backlog',
  timeout: 'app.workerKillSeconds',
  graceful_timeout: 'app.gracefulShutdownSeconds',
  max_requests: 'app.maxRequests',
  max_requests_jitter: 'app.maxRequestsJitter',
}

/** gunicorn.conf.py where it is plain assignments; anything computed is noted, not guessed. */
export function readGunicornConf(file: SourceFile): AppSettings {
  const positions = positionsOf(file.name, file.text)
  const values: Partial<Record<SettingId, ChainValue>> = {}
  const notes: string[] = []
  let workerClass = 'sync'
  let threads = 1
  let port: number | null = null
  for (const match of file.text.matchAll(/^([a-z_]+)[ \t]*=[ \t]*([^\n#]+)/gm)) {
    const [, name = '', right = ''] = match
    const text = right.trim()
    const at = positions.at(match.index)
    const quoted = /^["'](.*)["']$/.exec(text)?.[1]
    if (name === 'worker_class' && quoted !== undefined) workerClass = quoted
    else if (name === 'threads' && /^\d+$/.test(text)) threads = Number(text)
    else if (name === 'bind' && quoted !== undefined) port = Number(/:(\d+)$/.exec(quoted)?.[1] ?? 0) || null
    else if (Object.hasOwn(names, name)) {
      const id = names[name] as SettingId
      if (/^\d+(\.\d+)?$/.test(text)) values[id] = given(Number(text), at, `${name} = ${text}`)
      else notes.push(`${file.name}:${at.line}: ${name} is computed, so it was not checked`)
    }
  }
  return withDefaults({
    server: gunicornKind(workerClass, threads),
    values,
    port,
    at: positions.at(0),
    notes,
  })
}
