// One believable diagnosis, for the golden texts of every reporter and for the UI: a shop on Kubernetes behind an ALB.
// At 14:01 the blocked storefront pods miss their readiness probe and the NodePort refuses; all afternoon the API's
// uvicorn closes idle connections before the load balancer does; a report hangs for 60 s and nobody knows why.
import type { Diagnosis, SampleRow } from '../core/diagnosis.ts'

const BALANCER = 'app/k8s-shop-edge-4f1c2a9b7d/50dc6c495c0c9188'
const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup'
const STOREFRONT = `${ARN}/k8s-shop-storefro-9a8b7c6d5e/73e2d6bc24d8a067`
const API = `${ARN}/k8s-shop-api-1f2e3d4c5b/bda7e7a9f7215291`
const REPORTS = `${ARN}/k8s-bi-reports-0a9b8c7d6e/41114e491ece924f`
const FILE = '123456789012_elasticloadbalancing_eu-west-1_app.k8s-shop-edge-4f1c2a9b7d.50dc6c495c0c9188'
const NODE_1 = `${FILE}_20261123T1430Z_10.0.4.11_6d97f4b0.log.gz`
const NODE_2 = `${FILE}_20261123T1430Z_10.0.5.12_a92a3f23.log.gz`
const NODE_2_CUT = `${FILE}_20261123T1425Z_10.0.5.12_0e8ff721.log.gz`

const steps = 45
const shape = (peaks: readonly (readonly [at: number, height: number, width: number])[], floor: number): number[] =>
  Array.from({ length: steps }, (_, step) =>
    peaks.reduce((sum, [at, height, width]) => sum + height * Math.exp(-(((step - at) / width) ** 2)), floor),
  )

/** `total` spread over the steps in proportion, in whole numbers that add up. */
function spread(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let cumulated = 0
  let given = 0
  return weights.map((weight) => {
    cumulated += weight
    const upTo = Math.round((total * cumulated) / all)
    const part = upTo - given
    given = upTo
    return part
  })
}

const add = (...lists: readonly (readonly number[])[]): number[] =>
  Array.from({ length: steps }, (_, step) => lists.reduce((sum, list) => sum + (list[step] ?? 0), 0))

const refused502 = spread(1_333, shape([[24, 10, 2.2]], 0))
const timedOut504 = spread(768, shape([[25, 8, 2.6]], 0))
const keepAlive502 = spread(
  612,
  shape([], 1).map((level, step) => level + 0.25 * Math.sin(step * 1.7)),
)
const hung504 = spread(
  218,
  shape(
    [
      [14, 3, 1],
      [34, 4, 1.5],
    ],
    0.1,
  ),
)
const target500 = spread(498, shape([[30, 1.5, 4]], 0.6))
const target503 = spread(59, shape([[26, 3, 1]], 0))
const left460 = spread(37, shape([[26, 4, 3]], 0.2))
const requests = spread(
  412_882,
  shape([], 1).map((level, step) => level + 0.08 * Math.sin(step / 6)),
)

interface RowOptions {
  readonly at: string
  readonly created: string
  readonly client: string
  readonly target: string
  readonly times: string
  readonly statuses: string
  readonly request: string
  readonly userAgent: string
  readonly arn: string
  readonly trace: string
  readonly actions?: string
  readonly reason?: string
  readonly node: string
}

function rawRow(row: RowOptions): string {
  const targetStatus = row.statuses.split(' ')[1] ?? '-'
  return [
    `https ${row.at} ${BALANCER} ${row.client} ${row.target} ${row.times} ${row.statuses} 412 272`,
    `"${row.request}" "${row.userAgent}" TLS_AES_128_GCM_SHA256 TLSv1.3 ${row.arn}`,
    `"Root=1-6b03a2cf-${row.trace}" "www.shop.example"`,
    `"arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" 10 ${row.created}`,
    `"${row.actions ?? 'forward'}" "-" "${row.reason ?? '-'}" "${row.target}" "${targetStatus}" "-" "-"`,
    `TID_${row.trace}51856504 "-" "-" "-" ${row.node}`,
  ].join(' ')
}

const refused: SampleRow = {
  input: NODE_1,
  row: 20_411,
  raw: rawRow({
    at: '2026-11-23T14:02:11.646366Z',
    created: '2026-11-23T14:02:11.645000Z',
    client: '203.0.113.38:39833',
    target: '10.0.1.17:30080',
    times: '-1 -1 -1',
    statuses: '502 -',
    request: 'GET https://www.shop.example:443/checkout?cart=8f14e45f&email=ada%40mail.example HTTP/2.0',
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    arn: STOREFRONT,
    trace: '4fc1e4d7cde1d5f0db409f0a',
    node: '10.0.4.11',
  }),
  decidedBy: ['request_processing_time', 'elb_status_code', 'target_status_code', 'time', 'request_creation_time'],
}

const late: SampleRow = {
  input: NODE_2,
  row: 19_877,
  raw: rawRow({
    at: '2026-11-23T14:03:40.609090Z',
    created: '2026-11-23T14:03:30.608000Z',
    client: '2001:db8:12:9f::7:50718',
    target: '10.0.1.18:30080',
    times: '-1 -1 -1',
    statuses: '504 -',
    request: 'POST https://www.shop.example:443/api/cart/54116 HTTP/2.0',
    userAgent: 'ShopApp/7.3.1 \\x22beta\\x22 (Android 15)',
    arn: STOREFRONT,
    trace: 'cb7b69462b4b5309c3f7a3ac',
    node: '10.0.5.12',
  }),
  decidedBy: ['request_processing_time', 'elb_status_code', 'target_status_code', 'time', 'request_creation_time'],
}

const raced: SampleRow = {
  input: NODE_1,
  row: 2_207,
  raw: rawRow({
    at: '2026-11-23T13:44:04.785847Z',
    created: '2026-11-23T13:44:04.784000Z',
    client: '203.0.113.10:40205',
    target: '10.0.2.31:8000',
    times: '0.000 0.001 -1',
    statuses: '502 -',
    request: 'GET https://www.shop.example:443/api/stock/8?range=24h HTTP/2.0',
    userAgent: 'python-requests/2.32.3',
    arn: API,
    trace: '5b40496cb3924a882edc640e',
    node: '10.0.4.11',
  }),
  decidedBy: ['target_processing_time', 'response_processing_time', 'elb_status_code', 'target_status_code'],
}

const hung: SampleRow = {
  input: NODE_2,
  row: 31_090,
  raw: rawRow({
    at: '2026-11-23T14:14:14.628016Z',
    created: '2026-11-23T14:13:14.625000Z',
    client: '203.0.113.23:46621',
    target: '10.0.3.9:8000',
    times: '0.002 -1 -1',
    statuses: '504 -',
    request: 'GET https://www.shop.example:443/reports/cohort?from=2026-07-01&dim=campaign HTTP/2.0',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
    arn: REPORTS,
    trace: 'cf8927e584379eafd8da2bca',
    node: '10.0.5.12',
  }),
  decidedBy: ['target_processing_time', 'elb_status_code', 'target_status_code', 'time', 'request_creation_time'],
}

const answered: SampleRow = {
  input: NODE_1,
  row: 28_713,
  raw: rawRow({
    at: '2026-11-23T14:09:51.120031Z',
    created: '2026-11-23T14:09:51.078000Z',
    client: '203.0.113.52:51400',
    target: '10.0.2.30:8000',
    times: '0.001 0.040 0.000',
    statuses: '500 500',
    request: 'POST https://www.shop.example:443/api/orders HTTP/2.0',
    userAgent: 'ShopApp/7.3.1 (iOS 18.6)',
    arn: API,
    trace: '1671f651397254ccc2e65506',
    node: '10.0.4.11',
  }),
  decidedBy: ['elb_status_code', 'target_status_code'],
}

const gaveUp: SampleRow = {
  input: NODE_2,
  row: 20_950,
  raw: rawRow({
    at: '2026-11-23T14:06:20.002144Z',
    created: '2026-11-23T14:05:50.001000Z',
    client: '198.51.100.7:60112',
    target: '10.0.3.9:8000',
    times: '0.001 -1 -1',
    statuses: '460 -',
    request: 'GET https://www.shop.example:443/reports/daily HTTP/2.0',
    userAgent: 'axios/1.7.2',
    arn: REPORTS,
    trace: '2b7b69462b4b5309c3f7a301',
    node: '10.0.5.12',
  }),
  decidedBy: ['elb_status_code'],
}

const looped: SampleRow = {
  input: NODE_2,
  row: 11_402,
  raw: rawRow({
    at: '2026-11-23T13:58:30.100200Z',
    created: '2026-11-23T13:58:30.100000Z',
    client: '198.51.100.99:33210',
    target: '-',
    times: '-1 -1 -1',
    statuses: '463 -',
    request: 'GET https://www.shop.example:443/api/prices HTTP/1.1',
    userAgent: 'edge-proxy/2.1',
    arn: '-',
    trace: '9d7b69462b4b5309c3f7a3ff',
    actions: '-',
    node: '10.0.5.12',
  }),
  decidedBy: ['elb_status_code'],
}

export const shopDiagnosis: Diagnosis = {
  schemaVersion: 1,
  tool: { name: 'why5xx', version: '0.1.0', generatedAt: '2026-11-23T14:40:12.000Z' },
  complete: true,
  inputs: [
    {
      name: NODE_1,
      format: 'alb',
      bytes: 21_822_104,
      rows: 206_611,
      parsed: 206_609,
      skipped: 0,
      bad: 2,
      badSamples: [
        'https 2026-11-23T14:01:59.101010Z app/k8s-shop-edge-4f1c2a9b7d/50dc6c495c0c9188 203.0.113.38:39',
        '#Version: 1.0',
      ],
      truncated: null,
      note: null,
    },
    {
      name: NODE_2,
      format: 'alb',
      bytes: 20_101_554,
      rows: 190_240,
      parsed: 190_192,
      skipped: 48,
      bad: 0,
      badSamples: [],
      truncated: null,
      note: null,
    },
    {
      name: NODE_2_CUT,
      format: 'alb',
      bytes: 1_572_864,
      rows: 16_081,
      parsed: 16_081,
      skipped: 0,
      bad: 0,
      badSamples: [],
      truncated: 'the gzip ends in the middle: 1,204 bytes after its last whole block could not be read',
      note: null,
    },
    {
      name: 'ELBAccessLogTestFile',
      format: null,
      bytes: 93,
      rows: 2,
      parsed: 0,
      skipped: 2,
      bad: 0,
      badSamples: [],
      truncated: null,
      note: 'the file that the load balancer writes when logging is switched on',
    },
  ],
  books: {
    rows: 412_934,
    parsed: 412_882,
    skipped: 50,
    bad: 2,
    requests: 412_882,
    failures: 3_525,
    elb5xx: 2_931,
    target5xx: 557,
    clientLeft: 37,
    rejected: 44,
    explained: 3_307,
    undetermined: 218,
  },
  window: { start: '2026-11-23T13:40:00.004Z', end: '2026-11-23T14:24:59.981Z' },
  answeredBy: { 'load-balancer': 2_931, target: 557, nobody: 37 },
  symptoms: [
    { symptom: 'connect-refused', failures: 1_022 },
    { symptom: 'connect-timeout', failures: 768 },
    { symptom: 'closed-before-response', failures: 612 },
    { symptom: 'target-answered', failures: 557 },
    { symptom: 'connect-failed-late', failures: 311 },
    { symptom: 'response-timeout', failures: 218 },
    { symptom: 'client-left', failures: 37 },
  ],
  findings: [
    {
      id: 'response-timeout-1',
      cause: null,
      title: 'The target took the request and gave no answer within the idle timeout of 60 s.',
      symptom: 'response-timeout',
      otherSymptoms: [],
      hop: null,
      confidence: null,
      failures: 218,
      requests: 9_816,
      window: { start: '2026-11-23T13:52:10.115Z', end: '2026-11-23T14:18:40.902Z' },
      scope: {
        loadBalancers: [BALANCER],
        targetGroups: [REPORTS],
        routes: ['GET /reports/cohort', 'GET /reports/daily'],
      },
      because: [
        '218 of 218 waited 60.00 to 60.01 s, which is the idle timeout.',
        'All on 2 routes of one target group; the other 31 routes of the same targets answered in 0.41 s (p99).',
      ],
      evidence: [
        {
          kind: 'histogram',
          id: 'elapsed',
          title: 'elapsed of requests to /reports/*',
          unit: 's',
          edges: [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65],
          counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 218],
          control: { label: 'answered', counts: [141, 22, 14, 9, 8, 6, 5, 4, 3, 3, 2, 1, 0] },
          marks: [{ at: 60, label: 'idle timeout' }],
        },
      ],
      ruledOut: [
        { cause: 'idle-flow-expired', why: 'fresh connections fail as well (44 of 218 came within 1 s of another).' },
      ],
      candidates: [
        { cause: 'dependency-stall', settledBy: ["the application's log at these times", 'database slow log'] },
        { cause: 'event-loop-blocked', settledBy: ['py-spy dump --pid 1 while a report hangs'] },
        { cause: 'worker-pool-exhausted', settledBy: ['open requests per pod from the app metrics'] },
      ],
      samples: [hung],
      fixes: [],
    },
    {
      id: 'service-without-endpoints-1',
      cause: 'service-without-endpoints',
      title: 'The Service behind the NodePort had no ready endpoint, so the nodes refused the connections.',
      symptom: 'connect-refused',
      otherSymptoms: ['connect-timeout', 'connect-failed-late'],
      hop: 'network',
      confidence: 'likely',
      failures: 2_101,
      requests: 41_240,
      window: { start: '2026-11-23T14:01:12.880Z', end: '2026-11-23T14:08:55.013Z' },
      scope: {
        loadBalancers: [BALANCER],
        targetGroups: [STOREFRONT],
        targets: ['10.0.1.17:30080', '10.0.1.18:30080', '10.0.1.19:30080'],
      },
      because: [
        'All 3 targets of the group refused within 0.4 s of each other, at 14:01:12 UTC, and recovered together.',
        'Instant 502s: 1.02 a second per load balancer node and target, the rate at which the kernel sends ICMP answers; the rest waited for a repeated SYN (311) or 10.00 s (768).',
        'The requests before it took 4.1 s (p50), against 0.09 s in the half hour before.',
      ],
      evidence: [
        {
          kind: 'count',
          id: 'refusals',
          title: 'refused within 0.5 s, per second, node and target',
          value: 1.02,
          of: null,
          unit: '/s',
          control: { label: 'limit of the kernel', value: 1, of: null },
        },
        {
          kind: 'histogram',
          id: 'elapsed',
          title: 'elapsed of the failures',
          unit: 's',
          edges: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5],
          counts: [1_022, 0, 88, 0, 71, 0, 59, 0, 44, 0, 31, 0, 0, 0, 18, 0, 0, 0, 0, 0, 768],
          control: null,
          marks: [
            { at: 1, label: 'SYN 1 s' },
            { at: 10, label: 'connect timeout' },
          ],
        },
      ],
      ruledOut: [
        {
          cause: 'connection-refused',
          why: 'a pod that refuses alone would not take all 3 nodes with it at one instant.',
        },
        { cause: 'listen-backlog-overflow', why: 'a full accept queue never refuses; 1,022 were refused.' },
        { cause: 'security-group-or-nacl-block', why: 'blocked packets get no answer at all.' },
      ],
      candidates: [],
      samples: [refused, late],
      fixes: [
        {
          title: 'Take the readiness probe off the event loop and give it time',
          hop: 'application',
          safety: 'review',
          patch:
            'readinessProbe:\n  httpGet: { path: /healthz, port: 8001 }\n  timeoutSeconds: 3\n  failureThreshold: 3',
          undo: 'kubectl rollout undo deployment/storefront',
          because: 'The pods were busy, not broken: probe timeout 1 s, handlers of 4.1 s.',
        },
        {
          title: 'Register pods, not NodePorts',
          hop: 'load-balancer',
          safety: 'review',
          patch: 'alb.ingress.kubernetes.io/target-type: ip',
          undo: 'alb.ingress.kubernetes.io/target-type: instance',
          because: 'Then an empty Service is a 503 that says so.',
        },
      ],
    },
    {
      id: 'keepalive-shorter-than-idle-timeout-1',
      cause: 'keepalive-shorter-than-idle-timeout',
      title: 'The target closed idle connections after 5 s while the load balancer was still reusing them.',
      symptom: 'closed-before-response',
      otherSymptoms: [],
      hop: 'application',
      confidence: 'likely',
      failures: 612,
      requests: 118_204,
      window: { start: '2026-11-23T13:40:03.170Z', end: '2026-11-23T14:24:57.004Z' },
      scope: { loadBalancers: [BALANCER], targetGroups: [API] },
      because: [
        '588 of 612 came 4.98 to 5.00 s after an answer on the same node and target; 3.1 would by chance.',
        'Idle timeout of the load balancer: 60 s, so it reuses connections that the target closes at 5 s.',
      ],
      evidence: [
        {
          kind: 'histogram',
          id: 'echo',
          title: 'gap to an earlier answer on the same node and target',
          unit: 's',
          edges: Array.from({ length: 42 }, (_, index) => index * 0.25),
          counts: Array.from({ length: 41 }, (_, index) =>
            index === 19 ? 588 : ([3, 0, 2, 1, 4, 1, 2][index % 7] ?? 0),
          ),
          control: {
            label: 'healthy',
            counts: Array.from({ length: 41 }, (_, index) => [3, 4, 2, 3, 5, 3, 3][index % 7] ?? 0),
          },
          marks: [{ at: 5, label: '5.00 s' }],
        },
      ],
      ruledOut: [
        { cause: 'worker-killed-mid-request', why: 'all ended 0 to 2 ms after they were sent; a kill is spread out.' },
        { cause: 'response-headers-too-large', why: 'the same routes succeed 99.5 % of the time.' },
      ],
      candidates: [],
      samples: [raced],
      fixes: [
        {
          title: 'Keep idle connections open longer than the load balancer does',
          hop: 'application',
          safety: 'safe',
          patch: 'uvicorn --timeout-keep-alive 75',
          undo: 'uvicorn --timeout-keep-alive 5',
          because: '75 s is more than the idle timeout of 60 s, with a margin.',
        },
      ],
    },
    {
      id: 'application-error-1',
      cause: 'application-error',
      title: 'The target itself answered 500 or 503.',
      symptom: 'target-answered',
      otherSymptoms: [],
      hop: 'application',
      confidence: 'certain',
      failures: 557,
      requests: 118_204,
      window: { start: '2026-11-23T13:40:41.002Z', end: '2026-11-23T14:24:31.777Z' },
      scope: { loadBalancers: [BALANCER], targetGroups: [API], routes: ['POST /api/orders'] },
      because: ['557 rows have a target status equal to the load balancer status: 500 (498) and 503 (59).'],
      evidence: [],
      ruledOut: [],
      candidates: [],
      samples: [answered],
      fixes: [],
    },
    {
      id: 'client-gave-up-1',
      cause: 'client-gave-up',
      title: 'The client left after 30 s, before there was an answer.',
      symptom: 'client-left',
      otherSymptoms: [],
      hop: 'client',
      confidence: 'certain',
      failures: 37,
      requests: 9_816,
      window: { start: '2026-11-23T13:50:20.002Z', end: '2026-11-23T14:21:20.411Z' },
      scope: { loadBalancers: [BALANCER], targetGroups: [REPORTS] },
      because: ['34 of 37 left after 30.00 s: a client with a timeout of 30 s.'],
      evidence: [],
      ruledOut: [],
      candidates: [],
      samples: [gaveUp],
      fixes: [],
    },
    {
      id: 'xff-too-long-1',
      cause: 'xff-too-long',
      title: 'The load balancer rejected requests with more than 30 addresses in X-Forwarded-For.',
      symptom: 'rejected-request',
      otherSymptoms: [],
      hop: 'client',
      confidence: 'certain',
      failures: 0,
      requests: 44,
      window: { start: '2026-11-23T13:58:30.100Z', end: '2026-11-23T14:02:11.300Z' },
      scope: { loadBalancers: [BALANCER] },
      because: ['44 rows with status 463, all from one user agent (edge-proxy/2.1): a proxy that calls itself.'],
      evidence: [],
      ruledOut: [],
      candidates: [],
      samples: [looped],
      fixes: [],
    },
  ],
  top: {
    targets: [
      { key: '10.0.1.18:30080', requests: 14_020, failures: 742, elb5xx: 742, target5xx: 0 },
      { key: '10.0.1.17:30080', requests: 13_884, failures: 704, elb5xx: 704, target5xx: 0 },
      { key: '10.0.1.19:30080', requests: 13_336, failures: 655, elb5xx: 655, target5xx: 0 },
      { key: '10.0.2.30:8000', requests: 59_302, failures: 604, elb5xx: 298, target5xx: 306 },
      { key: '10.0.2.31:8000', requests: 58_902, failures: 565, elb5xx: 314, target5xx: 251 },
      { key: '10.0.3.9:8000', requests: 9_816, failures: 255, elb5xx: 218, target5xx: 0 },
    ],
    routes: [
      { key: 'GET /checkout', requests: 18_110, failures: 1_130, elb5xx: 1_130, target5xx: 0 },
      { key: 'POST /api/orders', requests: 30_051, failures: 701, elb5xx: 144, target5xx: 557 },
      { key: 'GET /', requests: 17_400, failures: 688, elb5xx: 688, target5xx: 0 },
      { key: 'GET /api/stock/*', requests: 60_993, failures: 468, elb5xx: 468, target5xx: 0 },
      { key: 'GET /reports/cohort', requests: 611, failures: 171, elb5xx: 171, target5xx: 0 },
      { key: 'GET /reports/daily', requests: 402, failures: 84, elb5xx: 47, target5xx: 0 },
    ],
    minutes: [
      { key: '2026-11-23T14:04:00.000Z', requests: 9_020, failures: 655, elb5xx: 636, target5xx: 12 },
      { key: '2026-11-23T14:05:00.000Z', requests: 9_118, failures: 624, elb5xx: 600, target5xx: 16 },
      { key: '2026-11-23T14:03:00.000Z', requests: 9_001, failures: 420, elb5xx: 404, target5xx: 10 },
    ],
    targetGroups: [
      { key: STOREFRONT, requests: 41_240, failures: 2_101, elb5xx: 2_101, target5xx: 0 },
      { key: API, requests: 118_204, failures: 1_169, elb5xx: 612, target5xx: 557 },
      { key: REPORTS, requests: 9_816, failures: 255, elb5xx: 218, target5xx: 0 },
    ],
  },
  load: [
    {
      loadBalancer: BALANCER,
      targetGroup: STOREFRONT,
      target: '10.0.1.18:30080',
      requestsPerSecond: { mean: 5.2, peak: 19 },
      serviceSeconds: { mean: 0.61, p50: 0.09, p99: 4.6, cv2: 3.1 },
      openRequests: { p99: 24, max: 41 },
    },
  ],
  settings: {
    byLoadBalancer: [
      {
        loadBalancer: BALANCER,
        kubernetes: { namespace: 'shop', name: 'edge' },
        nodes: ['10.0.4.11', '10.0.5.12'],
        idleTimeoutSeconds: {
          value: 60,
          source: 'inferred',
          because: '218 of 218 response timeouts lie between 60.00 and 60.01 s.',
        },
        connectTimeoutSeconds: { value: 10, source: 'default', because: 'AWS documents 10 s, not adjustable.' },
        clientTimeoutsSeconds: [
          { value: 30, source: 'inferred', because: '34 of 37 clients that left had waited 30.00 s.' },
        ],
      },
    ],
    byTargetGroup: [
      {
        loadBalancer: BALANCER,
        targetGroup: STOREFRONT,
        name: 'k8s-shop-storefro-9a8b7c6d5e',
        kubernetes: { namespace: 'shop', name: 'storefro' },
        targets: 3,
        targetType: 'instance',
        keepAliveSeconds: null,
        concurrencyLimit: null,
        others: [],
      },
      {
        loadBalancer: BALANCER,
        targetGroup: API,
        name: 'k8s-shop-api-1f2e3d4c5b',
        kubernetes: { namespace: 'shop', name: 'api' },
        targets: 2,
        targetType: 'ip',
        keepAliveSeconds: {
          value: 5,
          source: 'inferred',
          because: '588 of 612 early closes came 4.98 to 5.00 s after an answer.',
          servers: ['uvicorn', 'hypercorn', 'Node before 18.20'],
        },
        concurrencyLimit: null,
        others: [],
      },
      {
        loadBalancer: BALANCER,
        targetGroup: REPORTS,
        name: 'k8s-bi-reports-0a9b8c7d6e',
        kubernetes: { namespace: 'bi', name: 'reports' },
        targets: 1,
        targetType: 'ip',
        keepAliveSeconds: null,
        concurrencyLimit: { value: 1, source: 'inferred', because: 'never more than 1 answer in progress at once.' },
        others: [],
      },
    ],
  },
  series: {
    stepSeconds: 60,
    start: '2026-11-23T13:40:00.000Z',
    columns: {
      requests,
      answeredBy: {
        'load-balancer': add(refused502, timedOut504, keepAlive502, hung504),
        target: add(target500, target503),
        nobody: left460,
      },
      status: {
        'load-balancer 502': add(refused502, keepAlive502),
        'load-balancer 504': add(timedOut504, hung504),
        'target 500': target500,
        'target 503': target503,
        'nobody 460': left460,
      },
    },
  },
  failureRows: {
    total: 3_525,
    kept: 2,
    names: {
      inputs: [NODE_1, NODE_2],
      loadBalancers: [BALANCER],
      targetGroups: [API, REPORTS],
      targets: ['10.0.2.31:8000', '10.0.3.9:8000'],
      nodes: ['10.0.4.11', '10.0.5.12'],
      routes: ['GET /api/stock/*', 'GET /reports/cohort'],
      symptoms: ['closed-before-response', 'response-timeout'],
      findings: ['keepalive-shorter-than-idle-timeout-1', 'response-timeout-1'],
    },
    columns: {
      input: [0, 1],
      row: [2_207, 31_090],
      time: ['2026-11-23T13:44:04.785847Z', '2026-11-23T14:14:14.628016Z'],
      created: ['2026-11-23T13:44:04.784000Z', '2026-11-23T14:13:14.625000Z'],
      elapsedMs: [1.847, 60_003.016],
      requestSeconds: [0, 0.002],
      targetSeconds: [0.001, null],
      responseSeconds: [null, null],
      elbStatus: [502, 504],
      targetStatus: [null, null],
      receivedBytes: [412, 412],
      sentBytes: [272, 272],
      loadBalancer: [0, 0],
      targetGroup: [0, 1],
      target: [0, 1],
      node: [0, 1],
      route: [0, 1],
      symptom: [0, 1],
      finding: [0, 1],
      answeredBy: ['load-balancer', 'load-balancer'],
      traceId: ['Root=1-6b03a2cf-5b40496cb3924a882edc640e', 'Root=1-6b03a2cf-cf8927e584379eafd8da2bca'],
      request: [
        'GET https://www.shop.example:443/api/stock/8?range=24h HTTP/2.0',
        'GET https://www.shop.example:443/reports/cohort?from=2026-07-01&dim=campaign HTTP/2.0',
      ],
      client: ['203.0.113.10:40205', '203.0.113.23:46621'],
      userAgent: ['python-requests/2.32.3', 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'],
    },
  },
  witnesses: [],
  missing: [
    { what: "the application's log", why: 'it would say whether the 218 hung reports reached a handler: --with FILE.' },
    {
      what: 'CloudWatch metrics',
      why: 'access logs are best effort; HTTPCode_ELB_5XX_Count tells how many rows are absent.',
    },
  ],
  contradictions: [
    {
      what: 'times are present although no target answered',
      rows: 3,
      samples: [],
    },
  ],
  errors: [],
}
