import { describe, expect, it } from 'vitest'
import { type Failed, judge, read, stamp, subjectsOf, uvicorn } from '../testing/witness-shop.ts'
import { atLeast } from './close/events.ts'
import { readDocument } from './documents.ts'
import { workloadOf } from './workloads.ts'

const lost = (n: number, atMs: number): Failed => ({
  trace: n,
  request: 'GET http://s/cart HTTP/1.1',
  startMs: atMs - 3,
  endMs: atMs,
  symptom: 'closed-before-response',
})
const failed = [lost(1, 5_000), lost(2, 5_010), lost(3, 12_300)]
const ownLines = Array.from({ length: 200 }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`))
const death = (atMs: number): string =>
  `${stamp(atMs)} [shop-1] [2026-11-23 02:19:05 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)`

describe('a log of another service', () => {
  const others = Array.from({ length: 400 }, (_, n) => uvicorn(9_000 + n, n * 500, `/bills/${n}`))

  it('names no cause, whatever happened there at that second', () => {
    const subjects = subjectsOf(failed, 200)
    const log = read('app.log', subjects, [...others, death(4_990), death(12_290)])
    expect(log.kinship).toBe('other')
    const { claims, witnesses, missing } = judge(subjects, [log])
    expect(claims).toMatchObject([{ cause: null, failures: [0, 1, 2] }])
    expect(claims[0]?.because.join()).not.toContain('WORKER TIMEOUT')
    expect(witnesses[0]?.because.join()).toContain('it does not match this load balancer')
    expect(missing[0]?.what).toBe('the requests of this load balancer in app.log')
  })

  it('is told by its requests when it has no trace ids', () => {
    const subjects = subjectsOf(failed, 200)
    const bare = others.map((line) => line.replace(/ 12ms trace=.*/, ' OK'))
    expect(read('app.log', subjects, bare).kinship).toBe('other')
    const own = ownLines.map((line) => line.replace(/ 12ms trace=.*/, ' OK'))
    expect(read('app.log', subjects, own).kinship).toBe('same')
  })

  it('stays unknown when it names no request, and then its events are possible at most', () => {
    const subjects = subjectsOf(failed, 200)
    const log = read('app.log', subjects, [death(4_990), death(12_290)])
    expect(log.kinship).toBe('unknown')
    expect(judge(subjects, [log]).claims).toMatchObject([{ cause: 'worker-timeout', confidence: 'possible' }])
  })

  it('is heard when the requests are its own', () => {
    const subjects = subjectsOf(failed, 200)
    const { claims } = judge(subjects, [read('app.log', subjects, [...ownLines, death(4_990), death(12_290)])])
    expect(claims).toMatchObject([{ cause: 'worker-timeout', confidence: 'likely', failures: [0, 1, 2] }])
  })
})

describe('events and chance', () => {
  it('take a few failures near events for chance when most of them are far', () => {
    const subjects = subjectsOf(
      [...failed, ...Array.from({ length: 40 }, (_, n) => lost(100 + n, 30_000 + n * 2_000))],
      200,
    )
    const { claims } = judge(subjects, [read('app.log', subjects, [...ownLines, death(44_100)])])
    expect(claims.filter((claim) => claim.confidence === 'likely')).toEqual([])
  })

  it('compute the upper tail of a binomial', () => {
    expect(atLeast(0, 5, 0.3)).toBe(1)
    expect(atLeast(2, 2, 0.1)).toBeCloseTo(0.01, 10)
    expect(atLeast(1, 3, 0.5)).toBeCloseTo(0.875, 10)
  })
})

describe('a log with a gap', () => {
  it('is no evidence of absence inside the gap', () => {
    const subjects = subjectsOf([lost(1, 150_000)], 300)
    const lines = Array.from({ length: 300 }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`))
    const whole = judge(subjects, [read('app.log', subjects, lines)])
    expect(whole.claims[0]?.because[0]).toContain("1 of 1 failures never reached the app's log")
    const cut = [...lines.slice(0, 144), ...lines.slice(157)]
    const { claims } = judge(subjects, [read('app.log', subjects, cut)])
    expect(claims[0]?.because[0]).toContain('which proves nothing: the healthy requests right before and after')
    expect(claims[0]?.ruledOut).toEqual([])
  })
})

describe("Kubernetes events of another service's pods", () => {
  const pods = (name: string, address: string): object[] => [
    {
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { nodeName: 'node-1' },
      status: {
        podIP: address,
        hostIP: '10.0.16.11',
        containerStatuses: [
          { name: 'app', lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: stamp(5_005) } } },
        ],
      },
    },
  ]
  const document = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })

  it('name no cause, and those of its own pods do', () => {
    const subjects = subjectsOf(failed.slice(0, 2), 200)
    const said = (name: string, address: string) =>
      judge(subjects, [readDocument('pods.json', 'kubernetes', document(pods(name, address)), subjects)]).claims
    expect(said('billing-7d9f8c6b5-x2x9p', '10.9.9.9')).toMatchObject([{ cause: null }])
    expect(said('shop-7d9f8c6b5-x2x9p', '10.2.0.5')).toMatchObject([
      { cause: 'worker-killed-mid-request', confidence: 'likely' },
    ])
  })

  it.each([
    ['reports-6d5c9f7b8-x2x9p', 'reports'],
    ['reports-0', 'reports'],
    ['redis-node', 'redis-node'],
    ['reports-6d5c9f7b8-x2x9p/app', 'reports'],
    ['store-1-app', 'store-app'],
  ])('%s belongs to %s', (pod, workload) => {
    expect(workloadOf(pod)).toBe(workload)
  })
})

describe('a clock that is wrong', () => {
  it.each([3_000, -3_000, 3_600_000])('by %i ms is measured without trace ids', (offMs) => {
    const subjects = subjectsOf(failed, 200)
    const lines = Array.from({ length: 20 }, (_, n) =>
      uvicorn(1_000 + n, n * 1_000 + 19 + offMs, `/orders/${n}`).replace(/ 12ms trace=.*/, ' OK'),
    )
    const log = read('app.log', subjects, lines)
    expect(log.shiftMs).toBeCloseTo(-offMs, -2)
    expect(log.kinship).toBe('same')
  })

  it('is measured over requests for one path only', () => {
    const subjects = subjectsOf(
      failed,
      60,
      1,
      () => '/',
      (n) => n * n * 37,
    )
    const lines = Array.from({ length: 60 }, (_, n) =>
      uvicorn(1_000 + n, n * n * 37 + 19 + 3_600_000, '/').replace(/ 12ms trace=.*/, ' OK'),
    )
    expect(read('app.log', subjects, lines).shiftMs).toBeCloseTo(-3_600_000, -3)
  })
})
