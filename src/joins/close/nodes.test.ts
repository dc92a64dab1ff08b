import { describe, expect, it } from 'vitest'
import { clusterSubjects, every, nodeA, nodeB, pod, service, summaryOf } from '../../testing/witness-cluster.ts'
import { type Failed, read, stamp, subjectsOf, T0 } from '../../testing/witness-shop.ts'
import { readDocument } from '../documents.ts'
import { joinTestimonies } from '../joined.ts'
import { NodeCounters } from '../node-counters.ts'
import { emptyTestimony, type Testimony } from '../testimony.ts'
import { closeByNodes } from './nodes.ts'

const encoder = new TextEncoder()
const node = 'ip-10-0-16-11.eu-central-1.compute.internal'
const tableFull = 'nf_conntrack: nf_conntrack: table full, dropping packet'

/** Six connections that were not answered, one a second from second 40 on, among a hundred healthy seconds. */
const failed = (symptom: Failed['symptom'] = 'connect-timeout'): Failed[] =>
  Array.from({ length: 6 }, (_, n) => ({
    request: `GET https://shop.example:443/cart/${n} HTTP/1.1`,
    startMs: 40_000 + n * 1_000,
    endMs: 50_000 + n * 1_000,
    symptom,
  }))
const subjects = subjectsOf(failed(), 100)
const pods: Testimony = {
  ...emptyTestimony('pods.json', 'kubernetes', 100),
  pods: [{ name: 'shop-1', namespace: 'shop', addresses: ['10.2.0.5'], node, hostAddresses: ['10.0.16.11'] }],
}

function judge(testimonies: readonly Testimony[], of = subjects): string[] {
  const closings = closeByNodes(joinTestimonies(of, testimonies), [0, 1, 2, 3, 4, 5])
  return [...new Set(closings.map(({ cause, confidence }) => `${cause} ${confidence}`))]
}

function kernel(seconds: readonly number[], host = 'ip-10-0-16-11', message = tableFull): Testimony {
  return read(
    'kern.log',
    subjects,
    seconds.map((second) => `Nov 23 ${stamp(second * 1_000).slice(11, 19)} ${host} kernel: [99.000001] ${message}`),
  )
}

function counters(name: string, rounds: readonly (readonly [number, string])[]): Testimony {
  const log = new NodeCounters(name)
  for (const [second, text] of rounds) log.add(encoder.encode(`${stamp(second * 1_000)}\n${text}\n`))
  return log.finish()
}

const conntrack = (lost: number): string =>
  `cpu=0   \tfound=3 invalid=9 insert=0 insert_failed=${lost} drop=${lost} early_drop=0 error=0 search_restart=1\ncpu=1   \tfound=0 invalid=0 insert=0 insert_failed=1 drop=1 early_drop=0 error=0 search_restart=0`
const ethtool = (dropped: number): string => `NIC statistics:\n     conntrack_allowance_exceeded: ${dropped}`

describe('a kernel that had no entry left', () => {
  const during = [40, 41, 42, 43, 44, 45]

  it('names the cause when its node is on the way and other times were quiet', () => {
    const log = kernel(during)
    expect(log.kind).toBe('kernel-log')
    expect(log.firstMs).toBe(T0 + 40_000)
    expect(judge([log, pods])).toEqual(['conntrack-table-full likely'])
  })

  it('makes it possible where nobody says which node the target is on', () => {
    expect(judge([kernel(during)])).toEqual(['conntrack-table-full possible'])
  })

  it('says nothing about targets on other nodes, other times and other failures', () => {
    expect(judge([kernel(during, 'ip-10-0-16-12'), pods])).toEqual([])
    expect(judge([kernel([10, 11, 12]), pods])).toEqual([])
    const refused = subjectsOf(failed('connect-refused'), 100)
    expect(judge([kernel(during), pods], refused)).toEqual([])
  })

  it('is no more than possible when it complained all the time', () => {
    expect(judge([kernel(Array.from({ length: 100 }, (_, n) => n)), pods])).toEqual(['conntrack-table-full possible'])
  })

  it('counts what it did not print', () => {
    const lines = [...during.map(() => tableFull), 'net_ratelimit: 83 callbacks suppressed']
    const log = read(
      '/var/log/ip-10-0-16-11.dmesg',
      subjects,
      lines.map((line, n) => `[Mon Nov 23 02:19:${40 + n} 2026] ${line}`),
    )
    expect(log.events.map((event) => event.count)).toEqual([1, 1, 1, 1, 1, 84])
    expect(judge([log, pods])).toEqual(['conntrack-table-full likely'])
  })

  it('is dated by the lines that name the time, when it counts from the boot', () => {
    const at = (T0 / 1000 + 40).toFixed(3)
    const log = read('ip-10-0-16-11.txt', subjects, [
      `[  100.000000] audit: type=1400 audit(${at}:7): apparmor="STATUS"`,
      `[  102.500000] ${tableFull}`,
    ])
    expect(log.events.map((event) => event.timeMs - T0)).toEqual([42_500])
    const undated = read('ip-10-0-16-11.txt', subjects, [`[  102.500000] ${tableFull}`])
    expect(undated.notes.join()).toContain('dmesg -T')
  })
})

it('of one node among several with pods is only possible for what went to another node', () => {
  const sent = [
    ...every(1, 0, 100, { to: nodeA }),
    ...every(1, 0, 100, { to: nodeB }),
    ...every(1, 40, 46, { to: nodeA, symptom: 'connect-timeout', after: 10 }),
    ...every(1, 40, 46, { to: nodeB, symptom: 'connect-timeout', after: 10 }),
  ]
  const of = clusterSubjects(sent)
  const text = (...objects: unknown[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const judged = (...objects: unknown[]): string[] => {
    const cluster = readDocument('pods.json', 'kubernetes', text(service('Cluster'), ...objects), of)
    const joined = joinTestimonies(of, [kernel([40, 41, 42, 43, 44, 45]), cluster])
    return summaryOf(closeByNodes(joined, [...Array(12).keys()]))
  }
  expect(judged(pod('cart-1', nodeA), pod('cart-2', nodeB))).toEqual([
    'likely conntrack-table-full 6',
    'possible conntrack-table-full 6',
  ])
  expect(judged(pod('cart-1', nodeA))).toEqual(['likely conntrack-table-full 12'])
})

it('of a node that always complains is no more than possible, however many fail in a second', () => {
  const silent = { symptom: 'connect-timeout', after: 10 } as const
  const sent = [nodeA, nodeB].flatMap((to) => [
    ...every(0.5, 0, 100, { to }),
    ...every(0.05, 40, 70, { to, ...silent }),
  ])
  const of = clusterSubjects(sent)
  const always = kernel(Array.from({ length: 100 }, (_, n) => n))
  const objects = [service('Cluster'), pod('cart-1', nodeA), pod('cart-2', nodeB)]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const joined = joinTestimonies(of, [always, readDocument('pods.json', 'kubernetes', text, of)])
  const found = summaryOf(closeByNodes(joined, [...Array(of.failures.length).keys()]))
  expect(found).toEqual(['possible conntrack-table-full 1200'])
})

describe('counters of a node', () => {
  it('tell used-up source ports by the number of lost packets', () => {
    const rounds = (lost: number) =>
      [0, 20, 35, 55, 75].map((second, n): [number, string] => [second, conntrack(n < 3 ? 7 : 7 + lost)])
    expect(judge([counters('ip-10-0-16-11.conntrack', rounds(42)), pods])).toEqual(['snat-port-exhaustion likely'])
    expect(judge([counters('ip-10-0-16-11.conntrack', rounds(4)), pods])).toEqual([])
    expect(judge([counters('ip-10-0-16-11.conntrack', rounds(900)), pods])).toEqual(['snat-port-race possible'])
    expect(judge([counters('ip-10-0-16-12.conntrack', rounds(42)), pods])).toEqual([])
  })

  it('tell an instance that tracks no more connections', () => {
    const rounds = [0, 20, 38, 48, 75].map((second, n): [number, string] => [second, ethtool(n < 3 ? 0 : 500)])
    const file = counters('ip-10-0-16-11.ethtool', rounds)
    expect(judge([file, pods])).toEqual(['instance-connection-allowance-exceeded likely'])
  })

  it('are read from the CloudWatch agent as well', () => {
    const metric = (values: readonly number[]) => ({
      Label: 'ip-10-0-16-11.eu-central-1.compute.internal ens5 ethtool_conntrack_allowance_exceeded',
      Timestamps: values.map((_, n) => stamp((n - 2) * 60_000)),
      Values: values,
    })
    const read = (values: readonly number[]) =>
      readDocument('agent.json', 'cloudwatch', JSON.stringify({ MetricDataResults: [metric(values)] }), subjects)
    expect(read([0, 0, 500, 0]).events.map(({ timeMs, count }) => [timeMs - T0, count])).toEqual([[0, 500]])
    expect(read([80, 80, 580, 580]).events.map(({ timeMs, count }) => [timeMs - T0, count])).toEqual([[0, 500]])
    expect(judge([read([0, 0, 500, 0]), pods])).toEqual(['instance-connection-allowance-exceeded possible'])
  })

  it('are read from node_exporter as well', () => {
    const series = (name: string, labels: Record<string, string>, last: number) => ({
      metric: { __name__: name, ...labels },
      values: [0, 20, 38, 48, 75].map((second, n) => [T0 / 1000 + second, String(n < 3 ? 5 : last)]),
    })
    const read = (...result: ReturnType<typeof series>[]) =>
      readDocument('p.json', 'prometheus', JSON.stringify({ data: { resultType: 'matrix', result } }), subjects)
    const instance = { instance: '10.0.16.11:9100' }
    const failed = read(series('node_nf_conntrack_stat_insert_failed', instance, 45))
    expect(judge([failed, pods])).toEqual(['snat-port-exhaustion likely'])
    const over = read(series('node_ethtool_conntrack_allowance_exceeded', { ...instance, device: 'ens5' }, 500))
    expect(judge([over, pods])).toEqual(['instance-connection-allowance-exceeded likely'])
    const other = read(series('node_nf_conntrack_stat_insert_failed', { node: 'ip-10-0-16-12' }, 45))
    expect(judge([other, pods])).toEqual([])
    const full = read(
      series('node_nf_conntrack_entries', instance, 262_140),
      series('node_nf_conntrack_entries_limit', instance, 262_144),
    )
    expect(full.events.at(-1)?.text).toBe('nf_conntrack_count 262140 of nf_conntrack_max 262144')
  })

  it('show a table that is as full as it may be', () => {
    const level = 'net.netfilter.nf_conntrack_count = 262143\nnet.netfilter.nf_conntrack_max = 262144'
    const rounds = [40, 42, 44].map((second): [number, string] => [second, level])
    expect(judge([counters('ip-10-0-16-11.txt', rounds), pods])).toEqual(['conntrack-table-full likely'])
  })

  it('are kept in bounded number', () => {
    const log = new NodeCounters('sysctl.txt')
    const block = encoder.encode('net.netfilter.nf_conntrack_count = 7\n'.repeat(1_000))
    for (let n = 0; n < 101; n++) log.add(block)
    expect(log.finish()).toMatchObject({ rows: 101_000, dropped: 1_000 })
  })

  it('say what is missing', () => {
    const log = new NodeCounters('conntrack.txt')
    log.add(encoder.encode(`${conntrack(1)}\n${conntrack(5)}\n`))
    expect(log.finish().notes).toEqual(['2 of 2 snapshots have no time: write `date` before each'])
    expect(counters('conntrack.txt', [[0, conntrack(1)]]).notes.join()).toContain('take another')
  })
})

it('a warning of a SYN flood makes a full accept queue possible', () => {
  const flood = 'TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:8000. Sending cookies.'
  expect(judge([kernel([35], 'ip-10-0-16-11', flood), pods])).toEqual(['listen-backlog-overflow possible'])
  expect(judge([kernel([35], 'ip-10-0-16-12', flood), pods])).toEqual([])
})
