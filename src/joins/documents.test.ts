import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCloudWatch } from '../formats/witnesses/cloudwatch.ts'
import { detectWitness } from '../formats/witnesses/detect-witness.ts'
import { parseDocuments } from '../formats/witnesses/json-document.ts'
import { readKubernetes } from '../formats/witnesses/kubernetes.ts'
import { readSentry } from '../formats/witnesses/sentry.ts'
import { judge, subjectsOf, T0 } from '../testing/witness-shop.ts'
import { CheckLog, ConnectionLog } from './check-log.ts'
import { readDocument } from './documents.ts'

const encoder = new TextEncoder()

function detected(value: unknown, indent = 1): unknown {
  return detectWitness(encoder.encode(typeof value === 'string' ? value : `${JSON.stringify(value, null, indent)}\n`))
}

describe('CloudWatch', () => {
  const data = {
    MetricDataResults: [
      {
        Id: 'm1',
        Label: 'HTTPCode_ELB_5XX_Count',
        Timestamps: ['2026-11-23T02:20:00+00:00', '2026-11-23T02:19:00+00:00'],
        Values: [3, 1],
        StatusCode: 'Complete',
      },
    ],
    Messages: [],
  }
  const statistics = {
    Label: 'TargetConnectionErrorCount',
    Datapoints: [{ Timestamp: '2026-11-23T02:19:00+00:00', Sum: 4, Unit: 'Count' }],
  }

  it('reads get-metric-data, oldest first', () => {
    expect(detected(data)).toMatchObject({ format: 'cloudwatch' })
    expect(readCloudWatch([data])).toEqual([
      {
        name: 'HTTPCode_ELB_5XX_Count',
        label: 'HTTPCode_ELB_5XX_Count',
        periodMs: 60_000,
        points: [
          [Date.UTC(2026, 10, 23, 2, 19), 1],
          [Date.UTC(2026, 10, 23, 2, 20), 3],
        ],
      },
    ])
  })

  it('reads get-metric-statistics', () => {
    expect(detected(statistics)).toMatchObject({ format: 'cloudwatch' })
    expect(readCloudWatch([statistics])).toMatchObject([
      {
        name: 'TargetConnectionErrorCount',
        points: [[0, 4].map((value, i) => (i === 0 ? Date.UTC(2026, 10, 23, 2, 19) : value))],
      },
    ])
  })
})

describe('Sentry', () => {
  const apiEvent = {
    eventID: 'a1',
    projectID: '4506',
    platform: 'javascript',
    dateCreated: '2026-11-23T02:19:00.120000Z',
    title: 'HttpError: status code: 502',
    tags: [{ key: 'http.status_code', value: '502' }],
    entries: [{ type: 'request', data: { method: 'GET', url: 'https://www.shop.example/orders/7?token=x' } }],
    sdk: { name: 'sentry.javascript.browser', version: '10.11.0' },
  }
  const payload = {
    event_id: 'b2',
    platform: 'python',
    timestamp: 1_795_400_340.12,
    request: {
      method: 'POST',
      url: 'https://www.shop.example/cart',
      headers: { 'X-Amzn-Trace-Id': 'Root=1-6b03a28e-1be26d49f746c583d5d1e4ac' },
    },
    exception: { values: [{ type: 'KeyError', value: 'cart' }] },
    sdk: { name: 'sentry.python.fastapi' },
  }

  it('reads one event, a list and one per line alike', () => {
    for (const text of [
      JSON.stringify(apiEvent),
      JSON.stringify([apiEvent]),
      `${JSON.stringify(apiEvent)}\n${JSON.stringify(payload)}`,
    ]) {
      expect(detected(text)).toMatchObject({ format: 'sentry' })
      expect(readSentry(parseDocuments(text).values)[0]).toMatchObject({
        side: 'client',
        method: 'GET',
        path: '/orders/7',
        status: 502,
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 0, 120),
      })
    }
  })

  it("finds the trace id in an app's event", () => {
    expect(readSentry([payload])[0]).toMatchObject({
      side: 'app',
      path: '/cart',
      traceIds: ['1-6b03a28e-1be26d49f746c583d5d1e4ac'],
    })
  })

  it('takes the request that failed from the breadcrumbs when the event names none', () => {
    const crumbs = {
      event_id: 'c3',
      platform: 'javascript',
      timestamp: '2026-11-23T02:19:00Z',
      breadcrumbs: { values: [{ category: 'fetch', data: { method: 'GET', url: '/api/cart?x=1', status_code: 504 } }] },
    }
    expect(readSentry([crumbs])[0]).toMatchObject({ method: 'GET', path: '/api/cart', status: 504 })
  })

  it('says when an event names no URL', () => {
    expect(readSentry([{ event_id: 'd4', platform: 'javascript', timestamp: 1 }])[0]?.path).toBeUndefined()
  })
})

describe('Kubernetes', () => {
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        kind: 'Event',
        reason: 'Unhealthy',
        message: 'Readiness probe failed: context deadline exceeded',
        involvedObject: { kind: 'Pod', name: 'reports-1', namespace: 'shop' },
        firstTimestamp: '2026-11-23T02:19:00Z',
        lastTimestamp: '2026-11-23T02:19:20Z',
        count: 3,
      },
      {
        kind: 'Event',
        reason: 'Killing',
        note: 'Container app failed liveness probe, will be restarted',
        regarding: { kind: 'Pod', name: 'reports-2' },
        eventTime: '2026-11-23T02:19:05.000000Z',
        metadata: { creationTimestamp: null },
      },
      {
        kind: 'Pod',
        metadata: { name: 'reports-1' },
        spec: { nodeName: 'node-1' },
        status: {
          podIP: '10.2.0.5',
          conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-11-23T02:19:20Z' }],
          containerStatuses: [
            {
              name: 'app',
              restartCount: 2,
              lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-11-23T02:19:21Z' } },
              state: { waiting: { reason: 'CrashLoopBackOff' } },
            },
          ],
        },
      },
      {
        kind: 'EndpointSlice',
        metadata: { labels: { 'kubernetes.io/service-name': 'reports' } },
        endpoints: [{ conditions: { ready: false } }, { conditions: {} }],
      },
      {
        kind: 'Service',
        metadata: { name: 'reports', namespace: 'shop' },
        spec: { externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30080 }, { port: 81 }] },
      },
      {
        kind: 'Node',
        metadata: { name: 'node-1' },
        status: {
          addresses: [
            { type: 'InternalIP', address: '10.0.16.11' },
            { type: 'Hostname', address: 'node-1' },
          ],
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      },
      { kind: 'ConfigMap' },
    ],
  }

  it('reads a list of mixed kinds, and both kinds of event', () => {
    expect(detected(list)).toMatchObject({ format: 'kubernetes' })
    const facts = readKubernetes([list])
    expect(facts.events).toMatchObject([
      { reason: 'Unhealthy', name: 'reports-1', count: 3 },
      {
        reason: 'Killing',
        name: 'reports-2',
        message: 'Container app failed liveness probe, will be restarted',
        count: 1,
      },
    ])
    expect(facts.pods).toMatchObject([
      { addresses: ['10.2.0.5'], isReady: false, restarts: 2, ends: [{ reason: 'OOMKilled', exitCode: 137 }] },
    ])
    expect(facts.endpoints).toMatchObject([{ service: 'reports', endpoints: 2, ready: 1 }])
    expect(facts.services).toEqual([{ name: 'reports', namespace: 'shop', policy: 'Local', nodePorts: [30080] }])
    expect(facts.nodes).toEqual([{ name: 'node-1', addresses: ['10.0.16.11'], isReady: true }])
    expect(facts.others).toBe(1)
  })

  it('reads documents one after the other', () => {
    const text = `${JSON.stringify(list, null, 4)}\n${JSON.stringify(list, null, 4)}\n`
    expect(readKubernetes(parseDocuments(text).values).pods).toHaveLength(2)
  })
})

describe("the load balancer's other logs", () => {
  it('makes runs of failed health checks', () => {
    const log = new CheckLog('checks.log')
    log.add(
      encoder.encode(
        [
          'http 2026-11-23T02:19:00.000000Z 0.01 10.2.0.5:80 shop PASS 200 - app/shop/1 10.0.1.11',
          'http 2026-11-23T02:19:15.000000Z 5.00 10.2.0.5:80 shop FAIL - TimedOut app/shop/1 10.0.1.11',
          'http 2026-11-23T02:19:30.000000Z 5.00 10.2.0.5:80 shop FAIL - TimedOut app/shop/1 10.0.1.11',
          'http 2026-11-23T02:19:45.000000Z 0.01 10.2.0.5:80 shop PASS 200 - app/shop/1 10.0.1.11',
          '',
        ].join('\n'),
      ),
    )
    expect(log.finish()).toMatchObject({
      rows: 4,
      events: [{ who: '10.2.0.5:80', count: 2, text: 'health check failed: TimedOut' }],
      notes: ['2 of 4 checks of 1 targets failed'],
    })
  })

  it('counts handshakes that failed before any request', () => {
    const log = new ConnectionLog('conn.log')
    log.add(
      encoder.encode(
        [
          '2026-11-23T02:19:00.000000Z 203.0.113.9 40000 443 TLSv1.3 ECDHE 0.012 "-" - - Success TID_a',
          '2026-11-23T02:19:01.000000Z 203.0.113.9 40001 443 TLSv1.3 ECDHE - "CN=x" - - Failed:ClientCertExpired TID_b',
          '',
        ].join('\n'),
      ),
    )
    expect(log.finish().notes[0]).toContain(
      '1 connections of clients failed before any request (Failed:ClientCertExpired 1)',
    )
  })
})

describe('what is no witness', () => {
  it.each([
    [
      'a recording’s truth',
      '{"traceId":"Root=1-6b03a28f-b9e5d9eb0c39a427c4b93b83","time":"2026-11-23T02:19:00.078122Z","elbStatus":504,"answeredBy":"target","why":"x"}\n'.repeat(
        5,
      ),
    ],
    [
      'a recording’s timeline',
      '{"timeMs":1795416682322,"event":"rules","subject":"10.0.16.11:30080","detail":{"state":"REJECT"}}\n'.repeat(5),
    ],
    [
      'a recording’s story',
      JSON.stringify(
        { incident: 'missing-502', title: 'x', timeline: [{ time: '2026-11-23T02:18:52.722Z' }] },
        null,
        1,
      ),
    ],
    ['a package.json', JSON.stringify({ name: 'shop', version: '1.0.0' }, null, 2)],
    ['prose', 'Nothing here is a log.\nNot even this: GET is a word.\n'],
  ])('%s', (_, text) => {
    expect(detected(text)).toMatchObject({ kind: 'other' })
  })
})

describe('documents of strangers', () => {
  const subjects = subjectsOf([], 3)

  it('have no series that is named like a part of every object', () => {
    const result = ['__proto__', 'constructor', 'toString'].map((name) => ({
      metric: JSON.parse(`{"__name__":"${name}","__proto__":"x"}`),
      values: [0, 60].map((second) => [T0 / 1000 + second, String(second)]),
    }))
    const text = JSON.stringify({ data: { resultType: 'matrix', result } })
    expect(readDocument('p.json', 'prometheus', text, subjects).events).toEqual([])
  })

  it('have no times that no calendar has', () => {
    const result = [
      {
        metric: { __name__: 'up' },
        values: [
          [1e300, '1'],
          [T0 / 1000, '1'],
        ],
      },
    ]
    const text = JSON.stringify({ data: { resultType: 'matrix', result } })
    const { firstMs, lastMs } = readDocument('p.json', 'prometheus', text, subjects)
    expect([firstMs, lastMs]).toEqual([T0, T0])
  })
})

it('an event of a pod has not the address of its namesake in another namespace', () => {
  const pod = (namespace: string, podIP: string) => ({
    kind: 'Pod',
    metadata: { name: 'web-0', namespace },
    status: { podIP },
  })
  const killing = {
    kind: 'Event',
    reason: 'Killing',
    message: 'Stopping container app',
    involvedObject: { kind: 'Pod', name: 'web-0', namespace: 'shop' },
    firstTimestamp: new Date(T0).toISOString(),
  }
  const text = JSON.stringify({ kind: 'List', items: [pod('shop', '10.2.0.5'), pod('staging', '10.2.0.9'), killing] })
  const { events } = readDocument('k.json', 'kubernetes', text, subjectsOf([], 3))
  expect(events.map(({ addresses }) => addresses)).toEqual([['10.2.0.5']])
})

const KEYS = [
  ...['kind', 'items', 'metadata', 'name', 'namespace', 'status', 'spec', 'podIPs', 'ip', 'conditions', 'type'],
  ...['containerStatuses', 'lastState', 'terminated', 'involvedObject', 'firstTimestamp', 'reason', 'count'],
  ...['metric', '__name__', 'values', 'Label', 'Timestamps', 'Values', 'TargetHealthDescriptions', 'Target', 'Port'],
  ...['ports', 'nodePort', 'endpoints', 'targetRef', '__proto__', 'constructor'],
]
const TEXTS = [
  ...['Pod', 'Event', 'Node', 'Service', 'EndpointSlice', 'List', 'Killing', '10.2.0.5', 'NaN', '2026-11-23T02:19:30Z'],
  ...['node_nf_conntrack_entries', 'ethtool_conntrack_allowance_exceeded', '+275760-09-13T00:00:00.001Z'],
]
const leaf = fc.oneof(fc.constantFrom(...TEXTS), fc.constantFrom(null, true, T0, T0 / 1000), fc.double(), fc.string())
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('tree'), { maxKeys: 6 }),
  ),
}))

it.each(['cloudwatch', 'prometheus', 'kubernetes', 'target-health', 'sentry'] as const)(
  'any document is survived as %s',
  (format) => {
    const failed = { request: 'GET http://s/a HTTP/1.1', startMs: 30_000, endMs: 40_000 }
    const subjects = subjectsOf([{ ...failed, symptom: 'connect-timeout' }], 30)
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 3 }), (items) => {
        const document = { kind: 'List', items, data: { result: items }, MetricDataResults: items }
        const testimony = readDocument('f.json', format, JSON.stringify(document), subjects)
        expect(judge(subjects, [testimony]).claimOf).toHaveLength(1)
      }),
      { numRuns: 300 },
    )
  },
)
