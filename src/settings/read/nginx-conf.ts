import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { given } from './command-line.ts'
import { nginxBytes, nginxSeconds } from './duration.ts'
import { resolveIncludes } from './nginx-include.ts'
import { type NginxDirective, parseNginx } from './nginx-syntax.ts'
import type { ProxyRoute, ProxySettings, Remark, Upstream } from './proxy-settings.ts'
import { type FileHost, type Positions, positionsOf } from './source-file.ts'

type Values = Partial<Record<SettingId, ChainValue>>

interface UpstreamBlock {
  readonly servers: readonly Upstream[]
  readonly values: Values
  readonly cache: 'on' | 'off' | 'by version'
}

interface Scope {
  readonly blocks: readonly NginxDirective[]
  /** http, server, location ...: the innermost last. */
  readonly path: readonly (readonly NginxDirective[])[]
}

/** nginx.conf (or a part of one: conf.d/*.conf starts inside `http`) into settings per proxied location. */
export function readNginxConf(
  file: string,
  text: string,
  host: FileHost,
  options: { readonly positions?: Positions } = {},
): ProxySettings {
  const parsed = parseNginx(file, text, options.positions ?? positionsOf(file, text))
  const remarks: Remark[] = parsed.errors.map((error) => ({ rule: 'nginx-syntax', ...error }))
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.'
  const main = resolveIncludes(parsed.directives, folder, host, remarks, [file])
  const http = blocksOf(main, 'http')
  const inHttp = http.length > 0 ? http.flatMap((block) => block.block ?? []) : main
  const start = parsed.directives[0]?.at ?? { file, line: 1, column: 1 }
  const general = mainValues(main, start)
  remarkOnFiles(general, remarks)
  const upstreams = new Map<string, UpstreamBlock>()
  for (const block of blocksOf(inHttp, 'upstream')) upstreams.set(block.words[0] ?? '', readUpstream(block, remarks))
  const notes: string[] = []
  const routes: ProxyRoute[] = []
  const listens = new Set<number>()
  let fallbackValues: Values = general
  for (const server of blocksOf(inHttp, 'server')) {
    for (const listen of valuesOf(server.block ?? [], 'listen')) {
      const port = /(?:^|:)(\d+)$/.exec(listen.words[0] ?? '')?.[1]
      listens.add(port ? Number(port) : 80)
    }
    const scope: Scope = { blocks: [server], path: [inHttp, server.block ?? []] }
    fallbackValues = { ...general, ...frontValues(scope, server.at) }
    walk(scope, server, (inner, block) => {
      const route = readRoute(inner, block, general, upstreams, notes)
      if (route) routes.push(route)
    })
  }
  return { kind: 'nginx', file, listens: [...listens], routes, values: fallbackValues, remarks, notes }
}

function walk(scope: Scope, block: NginxDirective, visit: (scope: Scope, block: NginxDirective) => void): void {
  visit(scope, block)
  for (const inner of block.block ?? [])
    if (inner.block && (inner.name === 'location' || inner.name === 'if' || inner.name === 'limit_except'))
      walk({ blocks: [...scope.blocks, inner], path: [...scope.path, inner.block] }, inner, visit)
}

function readRoute(
  scope: Scope,
  block: NginxDirective,
  general: Values,
  upstreams: ReadonlyMap<string, UpstreamBlock>,
  notes: string[],
): ProxyRoute | null {
  const pass = (block.block ?? []).find((each) => /^(proxy|fastcgi|uwsgi|scgi|grpc)_pass$/.test(each.name))
  if (!pass) return null
  const family = pass.name.slice(0, -'_pass'.length)
  const target = resolveVariables(pass.words[0] ?? '', scope)
  if (target.includes('$'))
    notes.push(
      `${pass.at.file}:${pass.at.line}: ${pass.name} ${target}: the variable is not set in this file, so the app behind it is unknown`,
    )
  const name = /^(?:\w+:\/\/)?([^/]+)/.exec(target)?.[1] ?? ''
  const upstream = upstreams.get(name)
  const values: Values = { ...general, ...frontValues(scope, block.at), ...(upstream?.values ?? {}) }
  const servers = upstream?.servers ?? [addressOf(name, target.startsWith('https') ? 443 : 80)]
  timeouts(scope, family, values, pass.at, servers.length)
  const speaks11 = innermost(scope, 'proxy_http_version')?.words[0] === '1.1' && clearsConnection(scope)
  const cache = upstream?.cache ?? 'by version'
  return {
    name: block.name === 'server' ? 'server' : `${block.name} ${block.words.join(' ')}`,
    at: block.at,
    values,
    upstreams: servers,
    pooledSince: family !== 'proxy' ? null : pooledSince(cache, speaks11, upstream !== undefined),
  }
}

function timeouts(scope: Scope, family: string, values: Values, at: Place, servers: number): void {
  const seconds = (id: SettingId, directive: string, fallback: number | undefined): void => {
    const found = innermost(scope, directive)
    const value = found ? nginxSeconds(found.words[0] ?? '') : undefined
    if (found && value !== undefined) values[id] = given(value, found.at, `${directive} ${found.words[0]}`)
    else if (fallback !== undefined)
      values[id] = {
        value: fallback,
        source: 'default',
        at,
        because: `${directive} not set: nginx takes ${fallback} s`,
      }
  }
  seconds('proxy.connectTimeoutSeconds', `${family}_connect_timeout`, 60)
  seconds('proxy.readTimeoutSeconds', `${family}_read_timeout`, 60)
  const buffer = innermost(scope, `${family}_buffer_size`)
  const bytes = buffer ? nginxBytes(buffer.words[0] ?? '') : undefined
  values['proxy.headerBufferBytes'] =
    buffer && bytes !== undefined
      ? given(bytes, buffer.at, `${family}_buffer_size ${buffer.words[0]}`)
      : { value: 4096, source: 'default', at, because: `${family}_buffer_size not set: nginx takes a memory page` }
  // Without a second server there is nothing to try next.
  if (servers < 2) return
  seconds('proxy.nextUpstreamTimeoutSeconds', `${family}_next_upstream_timeout`, undefined)
  if (values['proxy.nextUpstreamTimeoutSeconds']?.value === 0) delete values['proxy.nextUpstreamTimeoutSeconds']
  const tries = innermost(scope, `${family}_next_upstream_tries`)
  if (tries && /^[1-9]\d*$/.test(tries.words[0] ?? ''))
    values['proxy.tries'] = given(Number(tries.words[0]), tries.at, `${family}_next_upstream_tries ${tries.words[0]}`)
}

function frontValues(scope: Scope, at: Place): Values {
  const found = innermost(scope, 'keepalive_timeout')
  const seconds = found ? nginxSeconds(found.words[0] ?? '') : undefined
  const values: Values = {}
  if (found && seconds !== undefined)
    // 0 switches keep-alive off: every response says Connection: close, so nothing races.
    values['proxy.keepAliveSeconds'] = given(
      seconds === 0 ? Number.POSITIVE_INFINITY : seconds,
      found.at,
      `keepalive_timeout ${found.words[0]}`,
    )
  else
    values['proxy.keepAliveSeconds'] = {
      value: 75,
      source: 'default',
      at,
      because: 'keepalive_timeout not set: nginx takes 75 s',
    }
  return values
}

function mainValues(main: readonly NginxDirective[], at: Place): Values {
  const values: Values = {}
  const events = blocksOf(main, 'events').flatMap((block) => block.block ?? [])
  const connections = events.find((each) => each.name === 'worker_connections')
  const eventsAt = blocksOf(main, 'events')[0]?.at ?? at
  if (connections && /^\d+$/.test(connections.words[0] ?? ''))
    values['proxy.workerConnections'] = given(
      Number(connections.words[0]),
      connections.at,
      `worker_connections ${connections.words[0]}`,
    )
  else if (blocksOf(main, 'http').length > 0)
    values['proxy.workerConnections'] = {
      value: 512,
      source: 'default',
      at: eventsAt,
      because: 'worker_connections not set: nginx takes 512',
    }
  const files = main.find((each) => each.name === 'worker_rlimit_nofile')
  if (files && /^\d+$/.test(files.words[0] ?? ''))
    values['proxy.openFiles'] = given(Number(files.words[0]), files.at, `worker_rlimit_nofile ${files.words[0]}`)
  const shutdown = main.find((each) => each.name === 'worker_shutdown_timeout')
  const seconds = shutdown ? nginxSeconds(shutdown.words[0] ?? '') : undefined
  if (shutdown && seconds !== undefined)
    values['proxy.shutdownTimeoutSeconds'] = given(seconds, shutdown.at, `worker_shutdown_timeout ${shutdown.words[0]}`)
  return values
}

function remarkOnFiles(values: Values, remarks: Remark[]): void {
  const connections = values['proxy.workerConnections']
  const files = values['proxy.openFiles']
  if (connections && files?.at && files.value < connections.value)
    remarks.push({
      rule: 'open-files-below-worker-connections',
      at: files.at,
      message: `worker_rlimit_nofile ${files.value} is below worker_connections ${connections.value}`,
    })
}

function readUpstream(block: NginxDirective, remarks: Remark[]): UpstreamBlock {
  const inside = block.block ?? []
  const servers = valuesOf(inside, 'server').map((server) => addressOf(server.words[0] ?? '', 80))
  for (const server of valuesOf(inside, 'server')) {
    const limit = server.words.find((word) => /^max_conns=[1-9]/.test(word))
    const hasQueue = inside.some((each) => each.name === 'queue')
    if (limit && !hasQueue)
      remarks.push({ rule: 'max-conns-without-queue', at: server.at, message: `server ${server.words[0]} ${limit}` })
  }
  const cache = inside.find((each) => each.name === 'keepalive')
  const timeout = inside.find((each) => each.name === 'keepalive_timeout')
  const seconds = timeout ? nginxSeconds(timeout.words[0] ?? '') : undefined
  const values: Values = {
    'proxy.upstreamKeepAliveSeconds':
      timeout && seconds !== undefined
        ? given(seconds, timeout.at, `keepalive_timeout ${timeout.words[0]} (upstream)`)
        : {
            value: 60,
            source: 'default',
            at: cache?.at ?? block.at,
            because: 'keepalive_timeout not set in the upstream: nginx takes 60 s',
          },
  }
  return { servers, values, cache: cache ? (cache.words[0] === '0' ? 'off' : 'on') : 'by version' }
}

/** Before 1.29.7 the cache needs `keepalive`, HTTP/1.1 and an empty Connection header; since then it is on by default. */
function pooledSince(cache: UpstreamBlock['cache'], speaks11: boolean, isNamed: boolean): string | null {
  if (cache === 'off' || !isNamed) return null
  if (cache === 'on' && speaks11) return '0'
  return '1.29.7'
}

/** `set $app http://shop:8000;` in the same or an outer block. */
function resolveVariables(word: string, scope: Scope): string {
  return word.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    for (const level of [...scope.path].reverse())
      for (const directive of level)
        if (directive.name === 'set' && directive.words[0] === `$${name}` && !directive.words[1]?.includes('$'))
          return directive.words[1] ?? whole
    return whole
  })
}

function clearsConnection(scope: Scope): boolean {
  for (const level of [...scope.path].reverse()) {
    const headers = valuesOf(level, 'proxy_set_header')
    // A level with any proxy_set_header inherits none from above.
    if (headers.length > 0)
      return headers.some((each) => each.words[0]?.toLowerCase() === 'connection' && each.words[1] !== 'close')
  }
  return false
}

function innermost(scope: Scope, name: string): NginxDirective | undefined {
  for (const level of [...scope.path].reverse()) {
    const found = level.find((each) => each.name === name && each.block === null)
    if (found) return found
  }
  return undefined
}

function blocksOf(directives: readonly NginxDirective[], name: string): readonly NginxDirective[] {
  return directives.filter((each) => each.name === name && each.block !== null)
}

function valuesOf(directives: readonly NginxDirective[], name: string): readonly NginxDirective[] {
  return directives.filter((each) => each.name === name && each.block === null)
}

function addressOf(text: string, port: number): Upstream {
  if (text.startsWith('unix:')) return { host: '127.0.0.1', port: null }
  const match = /^(.*?)(?::(\d+))?$/.exec(text)
  return { host: match?.[1] ?? text, port: match?.[2] ? Number(match[2]) : port }
}
