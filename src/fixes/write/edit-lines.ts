import type { ChainValue } from '../../settings/chain.ts'
import { servers } from '../../settings/servers.ts'
import type { SettingId } from '../../settings/setting.ts'
import { appFlag, programsOf } from './app-flags.ts'

export interface LineEdit {
  readonly set: SettingId
  readonly to: number
  /** The value as it was read: where it stands, or where it would. */
  readonly current: ChainValue
  readonly server: string | null
  readonly comment: string
}

const nginxNames: Readonly<Partial<Record<SettingId, string>>> = {
  'proxy.keepAliveSeconds': 'keepalive_timeout',
  'proxy.upstreamKeepAliveSeconds': 'keepalive_timeout',
  'proxy.connectTimeoutSeconds': 'connect_timeout',
  'proxy.readTimeoutSeconds': 'read_timeout',
  'proxy.nextUpstreamTimeoutSeconds': 'next_upstream_timeout',
  'proxy.workerConnections': 'worker_connections',
  'proxy.headerBufferBytes': 'buffer_size',
}

const haproxyNames: Readonly<Partial<Record<SettingId, string>>> = {
  'proxy.keepAliveSeconds': 'http-keep-alive',
  'proxy.connectTimeoutSeconds': 'connect',
  'proxy.readTimeoutSeconds': 'server',
  'proxy.queueTimeoutSeconds': 'queue',
}

/** A directive of nginx: replaced where it stands, or written beside what it belongs to. null = not possible. */
export function editNginx(text: string, edit: LineEdit): string | null {
  const name = nginxNames[edit.set]
  const place = edit.current.at
  if (!name || !place) return null
  const lines = text.split('\n')
  const line = lines[place.line - 1]
  if (line === undefined) return null
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  const column = place.column - 1
  if (edit.current.source === 'given') {
    const rest = line.slice(column)
    const changed = rest.replace(/^(\w+)(\s+)[^;\s]+/, `$1$2${nginxValue(edit)}`)
    if (changed === rest) return null
    lines.splice(place.line - 1, 1, `${indent}# ${edit.comment}`, line.slice(0, column) + changed)
    return lines.join('\n')
  }
  if (/\{\s*\}/.test(line.slice(column))) {
    const filled = line.replace(/\{\s*\}/, `{ ${name} ${nginxValue(edit)}; }`)
    lines.splice(place.line - 1, 1, `${indent}# ${edit.comment}`, filled)
    return lines.join('\n')
  }
  const pass = /(\w+)_pass\s/.exec(line.slice(column))
  const family = pass?.[1] ?? 'proxy'
  const directive = /^(keepalive|worker)/.test(name) ? name : `${family}_${name}`
  // Beside a directive the indent is the same; inside a block one step deeper.
  const isBlock = /\{\s*(#.*)?$/.test(line)
  const deeper = isBlock ? `${indent}${/^\t/.test(indent) ? '\t' : '    '}` : indent
  const written = [`${directive} ${nginxValue(edit)};`]
  // What goes to the client while the rest is read must fit into the buffers as well, or nginx does not start.
  if (name === 'buffer_size' && !text.includes(`${family}_busy_buffers_size`))
    written.push(`${family}_busy_buffers_size ${nginxValue(edit)};`)
  // `location /x { proxy_pass http://app; }` on one line: a line below it would be outside of the block.
  const end = isBlock ? -1 : line.indexOf(';', column)
  if (end >= 0 && /^\s*[^\s#]/.test(line.slice(end + 1))) {
    const longer = `${line.slice(0, end + 1)} ${written.join(' ')}${line.slice(end + 1)}`
    lines.splice(place.line - 1, 1, `${indent}# ${edit.comment}`, longer)
  } else lines.splice(place.line, 0, `${deeper}# ${edit.comment}`, ...written.map((each) => deeper + each))
  return lines.join('\n')
}

function nginxValue({ set, to }: LineEdit): string {
  if (set === 'proxy.headerBufferBytes') return `${Math.ceil(to / 1024)}k`
  return set === 'proxy.workerConnections' ? String(to) : `${to}s`
}

export function editHaproxy(text: string, edit: LineEdit): string | null {
  const name = haproxyNames[edit.set]
  const place = edit.current.at
  if (!name || !place) return null
  const lines = text.split('\n')
  const line = lines[place.line - 1]
  if (line === undefined) return null
  const indent = /^\s*/.exec(line)?.[0] || '    '
  const own = new RegExp(`^(\\s*timeout\\s+${name}\\s+)\\S+`)
  if (own.test(line)) lines.splice(place.line - 1, 1, `${indent}# ${edit.comment}`, line.replace(own, `$1${edit.to}s`))
  // The value came from another timer (http-keep-alive from client): that one stays.
  else lines.splice(place.line, 0, `${indent}# ${edit.comment}`, `${indent}timeout ${name} ${edit.to}s`)
  return lines.join('\n')
}

const gunicornNames: Readonly<Partial<Record<SettingId, string>>> = {
  'app.keepAliveSeconds': 'keepalive',
  'app.backlog': 'backlog',
  'app.workerKillSeconds': 'timeout',
  'app.gracefulShutdownSeconds': 'graceful_timeout',
  'app.maxRequestsJitter': 'max_requests_jitter',
}

export function editGunicornConf(text: string, edit: LineEdit): string | null {
  const name = gunicornNames[edit.set]
  if (!name) return null
  const own = new RegExp(`^${name}[ \\t]*=[ \\t]*[^\\n#]*?(?=[ \\t]*(#.*)?$)`, 'm')
  const assignment = `${name} = ${edit.to}`
  if (own.test(text)) return text.replace(own, () => `# ${edit.comment}\n${assignment}`)
  return `${text.replace(/\n?$/, '\n')}# ${edit.comment}\n${assignment}\n`
}

/** CMD or ENTRYPOINT, exec form or shell form; a comment line above the instruction. */
export function editDockerfile(text: string, edit: LineEdit): string | null {
  const flag = appFlag(edit.server, edit.set)
  const name = flag?.flag
  if (!flag || !name || !edit.server) return null
  const value = flag.text(edit.to)
  const programs = programsOf(edit.server).join('|')
  const instruction = /^[ \t]*(?:CMD|ENTRYPOINT)\b(?:[^\n]*\\\r?\n)*[^\n]*/gim
  const last = [...text.matchAll(instruction)]
    .filter((match) => new RegExp(`\\b(${programs})\\b`).test(match[0]))
    .at(-1)
  if (!last) return null
  const body = last[0]
  const isExec = /^\s*\w+\s*\[/.test(body)
  const changed = isExec ? execForm(body, name, value, programs) : shellForm(body, name, value, programs)
  if (changed === body) return null
  return `${text.slice(0, last.index)}# ${edit.comment}\n${changed}${text.slice(last.index + body.length)}`
}

function execForm(body: string, flag: string, value: string, programs: string): string {
  const apart = new RegExp(`("${flag}"\\s*,(?:\\s|\\\\)*)"[^"]*"`)
  if (apart.test(body)) return body.replace(apart, `$1"${value}"`)
  const joined = new RegExp(`"${flag}=[^"]*"`)
  if (joined.test(body)) return body.replace(joined, `"${flag}=${value}"`)
  return body.replace(new RegExp(`("(?:[^"]*/)?(?:${programs})")`), `$1, "${flag}", "${value}"`)
}

function shellForm(body: string, flag: string, value: string, programs: string): string {
  const present = new RegExp(`(${flag})(\\s+|=)[^\\s"'\\\\]+`)
  if (present.test(body)) return body.replace(present, `$1$2${value}`)
  return body.replace(new RegExp(`\\b(${programs})(?=\\s)`), `$1 ${flag} ${value}`)
}

/** For texts that say which server is meant. */
export function serverTitle(id: string | null): string {
  return servers.find((row) => row.id === id)?.title ?? 'the app'
}

/** Two remarks have an obvious edit: slots without files, and a limit that rejects. null = no such remark. */
export function mendRemark(
  text: string,
  finding: { readonly rule: string; readonly at: { readonly line: number }; readonly message: string },
): string | null {
  const lines = text.split('\n')
  const index = finding.at.line - 1
  const line = lines[index]
  if (line === undefined) return null
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  const connections = /worker_connections (\d+)/.exec(finding.message)?.[1]
  if (finding.rule === 'open-files-below-worker-connections' && connections) {
    const changed = line.replace(/(worker_rlimit_nofile\s+)\d+/, `$1${Number(connections) * 2}`)
    if (changed === line) return null
    lines.splice(index, 1, `${indent}# two files per slot; prevents proxy-sheds-idle-connections`, changed)
    return lines.join('\n')
  }
  if (finding.rule === 'max-conns-without-queue') {
    const changed = line.replace(/\s+max_conns=\d+/, '')
    if (changed === line) return null
    lines.splice(
      index,
      1,
      `${indent}# no max_conns: nginx rejects instead of waiting; prevents nginx-no-live-upstreams`,
      changed,
    )
    return lines.join('\n')
  }
  return null
}
