import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { given } from './command-line.ts'
import { haproxySeconds } from './duration.ts'
import type { ProxyRoute, ProxySettings, Remark, Upstream } from './proxy-settings.ts'
import { type Positions, positionsOf } from './source-file.ts'

type Values = Partial<Record<SettingId, ChainValue>>

interface Section {
  readonly kind: string
  readonly name: string
  readonly at: Place
  readonly lines: readonly { readonly words: readonly string[]; readonly at: Place }[]
}

const timeouts: Readonly<Record<string, SettingId>> = {
  connect: 'proxy.connectTimeoutSeconds',
  server: 'proxy.readTimeoutSeconds',
  queue: 'proxy.queueTimeoutSeconds',
  'http-keep-alive': 'proxy.keepAliveSeconds',
}

/** The parts of haproxy.cfg that decide 5XX behind a load balancer: timeouts, binds, servers. */
export function readHaproxyCfg(
  file: string,
  text: string,
  positions: Positions = positionsOf(file, text),
): ProxySettings {
  const sections = sectionsOf(text, positions)
  const remarks: Remark[] = []
  const defaults: Values = {}
  const front: Values = {}
  const fronts = sections.filter((section) => section.kind === 'frontend' || section.kind === 'listen')
  for (const section of sections) if (section.kind === 'defaults') Object.assign(defaults, timeoutsOf(section, remarks))
  for (const section of fronts) Object.assign(front, onlyFront(timeoutsOf(section, remarks)))
  const listens = fronts.flatMap((section) =>
    section.lines
      .filter((line) => line.words[0] === 'bind')
      .flatMap((line) => /:(\d+)$/.exec(line.words[1] ?? '')?.[1] ?? [])
      .map(Number),
  )
  const routes: ProxyRoute[] = []
  for (const section of sections) {
    if (section.kind !== 'backend' && section.kind !== 'listen') continue
    const values: Values = { ...defaults, ...front, ...timeoutsOf(section, remarks) }
    fillIn(values, section.at)
    const servers = section.lines.filter((line) => line.words[0] === 'server')
    if (servers.length === 0) continue
    routes.push({
      name: `${section.kind} ${section.name}`,
      at: section.at,
      values,
      upstreams: servers.map((line) => addressOf(line.words[2] ?? '')),
      // HAProxy 2.x keeps idle server connections only when http-reuse (on since 2.0) and the client allow it.
      pooledSince: null,
    })
  }
  const values: Values = { ...defaults, ...front }
  fillIn(values, sections[0]?.at ?? { file, line: 1, column: 1 })
  return { kind: 'haproxy', file, listens, routes, values, remarks, notes: [] }
}

function onlyFront(values: Values): Values {
  const keepAlive = values['proxy.keepAliveSeconds']
  return keepAlive ? { 'proxy.keepAliveSeconds': keepAlive } : {}
}

function fillIn(values: Values, at: Place): void {
  const connect = values['proxy.connectTimeoutSeconds']
  if (connect)
    values['proxy.queueTimeoutSeconds'] ??= {
      ...connect,
      source: 'default',
      because: `timeout queue not set: HAProxy takes timeout connect (${connect.value} s)`,
    }
  values['proxy.keepAliveSeconds'] ??= {
    value: Number.POSITIVE_INFINITY,
    source: 'default',
    at,
    because: 'neither timeout http-keep-alive nor timeout http-request is set: idle connections stay',
  }
}

function timeoutsOf(section: Section, remarks: Remark[]): Values {
  const values: Values = {}
  let fallback: ChainValue | undefined
  for (const line of section.lines) {
    if (line.words[0] !== 'timeout') continue
    const [, name = '', text = ''] = line.words
    const seconds = haproxySeconds(text)
    if (seconds === undefined) {
      remarks.push({ rule: 'value-not-a-duration', at: line.at, message: `timeout ${name} ${text}` })
      continue
    }
    const id = timeouts[name]
    if (id) values[id] = given(seconds, line.at, `timeout ${name} ${text}`)
    // Idle connections fall back to http-request, then to client.
    if (name === 'http-request' || (name === 'client' && !fallback))
      fallback = given(seconds, line.at, `timeout ${name} ${text} (timeout http-keep-alive not set)`)
  }
  if (fallback) values['proxy.keepAliveSeconds'] ??= fallback
  return values
}

function sectionsOf(text: string, positions: Positions): Section[] {
  const sections: { kind: string; name: string; at: Place; lines: { words: string[]; at: Place }[] }[] = []
  for (const match of text.matchAll(/^[ \t]*([^\s#][^\n]*)$/gm)) {
    const line = (match[1] ?? '').replace(/\s#.*$/, '')
    const words = line.trim().split(/\s+/)
    const at = positions.at(match.index + match[0].indexOf(match[1] ?? ''))
    if (
      /^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|cache|program|http-errors)$/.test(
        words[0] ?? '',
      )
    )
      sections.push({ kind: words[0] ?? '', name: words[1] ?? '', at, lines: [] })
    else sections.at(-1)?.lines.push({ words, at })
  }
  return sections
}

function addressOf(text: string): Upstream {
  const match = /^(.*?)(?::(\d+))?$/.exec(text)
  return { host: match?.[1] ?? text, port: match?.[2] ? Number(match[2]) : null }
}
