// A believable diagnosis of any size for the page's tests and its benchmark: the shop's afternoon with a busy pod.
// Plain JavaScript, so that bench/ui.mjs can use it without a compiler.

/** @import { Diagnosis, Evidence, FailureRows, Finding } from '../../src/core/diagnosis.ts' */

const LOAD_BALANCER = 'app/k8s-shop-web-3f1c9a7d21/7e13d860e39e867e'
const GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/k8s-shop-web-3f1c9a7d21/bda7e7a9f7215291'
const GROUP_2 =
  'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/k8s-shop-pay-88d0c2e1aa/0b1f22a9c7215d02'
const NODES = ['10.37.0.11', '10.37.0.12', '10.37.16.9']
const TARGETS = [
  '10.37.1.1:30080',
  '10.37.1.2:30080',
  '10.37.17.4:30080',
  '10.37.17.9:30080',
  '10.37.2.15:8443',
  '10.37.2.16:8443',
]
const ROUTES = [
  'POST /api/cart/{id}',
  'GET /',
  'GET /search',
  'GET /api/products/{id}',
  'POST /api/checkout',
  'GET /api/reports/{id}',
  'GET /favicon.ico',
]
const AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'ShopApp/7.3.1 (Android 15)',
  'okhttp/4.12.0',
]
const START = Date.UTC(2026, 10, 23, 13, 0, 0)
const MINUTES = 90

/** What hostile clients wrote into their rows: must be shown as text, and never do anything. */
export const hostileTexts = [
  '<script>window.__hostile = 1</script>',
  '<img src=x onerror="window.__hostile = 1">',
  '<svg onload="window.__hostile = 1"><style>*{display:none}</style></svg>',
  '</script><script>window.__hostile = 1</script>',
  '<!--<script>window.__hostile = 1',
  'javascript:window.__hostile=1',
  '=HYPERLINK("http://evil.example","x")',
  '+1+cmd|calc!A0',
  '@SUM(1+1)',
  '-2+3',
  '\t=1+1',
  '\u202Egnp.exe\u202C',
  'zero\u200Bwidth\u2060\uFEFF',
  '\u2028line\u2029separators',
  '\u001b[31mred\u001b[0m\u0007',
  '"><b style="position:fixed;inset:0;background:red">',
  '{{constructor.constructor("window.__hostile=1")()}}',
  `${'A'.repeat(480)}`,
]

/**
 * @param {{ failures?: number, hostile?: boolean, kept?: number }} [options]
 * @returns {Diagnosis}
 */
export function makeDiagnosis(options = {}) {
  const total = options.failures ?? 1_482
  const random = mulberry32(5)
  const shapes = shape(total)
  const rows = makeRows(shapes, random, options.hostile === true)
  const kept = Math.min(options.kept ?? total, total)
  const series = makeSeries(rows, random)
  const requests = sum(series.columns.requests)
  const by = { 'load-balancer': 0, target: 0, nobody: 0 }
  for (const who of rows.columns.answeredBy) by[who] += 1
  const findings = shapes.map((each, index) => makeFinding(each, index, rows, requests, options.hostile === true))
  const symptomCounts = new Map()
  for (const index of rows.columns.symptom) {
    const name = rows.names.symptoms[index]
    symptomCounts.set(name, (symptomCounts.get(name) ?? 0) + 1)
  }
  const undetermined = sum(findings.filter((finding) => finding.cause === null).map((finding) => finding.failures))
  const window = { start: iso(START), end: iso(START + MINUTES * 60_000 - 211) }
  const inputRows = Math.floor(requests / 3)
  return {
    schemaVersion: 1,
    tool: { name: 'why5xx', version: '0.1.0', generatedAt: '2026-11-23T15:04:11.000Z' },
    complete: true,
    inputs: [
      ...NODES.map((node, index) => ({
        name: `123456789012_elasticloadbalancing_eu-west-1_app.k8s-shop-web-3f1c9a7d21.7e13d860e39e867e_20261123T1430Z_${node}_d0f${index}6bb4.log.gz`,
        format: 'alb',
        bytes: 4_812_331 + index * 81_733,
        rows: index === 0 ? requests - 2 * inputRows + 14 : inputRows,
        parsed: index === 0 ? requests - 2 * inputRows : inputRows,
        skipped: index === 0 ? 12 : 0,
        bad: index === 0 ? 2 : 0,
        badSamples:
          index === 0
            ? [options.hostile ? hostileTexts[0] : 'https 2026-11-23T13:12:4', '\u0000\u0000\u0000\u0007not a row']
            : [],
        truncated: index === 2 ? 'gzip ends early: 48,211,902 bytes were read before the end' : null,
        note: null,
      })),
      {
        name: 'ELBAccessLogTestFile',
        format: null,
        bytes: 92,
        rows: 0,
        parsed: 0,
        skipped: 0,
        bad: 0,
        badSamples: [],
        truncated: null,
        note: 'test file that AWS writes when access logs are switched on',
      },
    ],
    books: {
      rows: requests + 14,
      parsed: requests,
      skipped: 12,
      bad: 2,
      requests,
      failures: total,
      elb5xx: by['load-balancer'],
      target5xx: by.target,
      clientLeft: by.nobody,
      rejected: 57,
      explained: total - undetermined,
      undetermined,
    },
    window,
    answeredBy: by,
    symptoms: [...symptomCounts]
      .map(([symptom, failures]) => ({ symptom, failures }))
      .sort((a, b) => b.failures - a.failures),
    findings,
    top: {
      targets: topOf(rows, 'target', rows.names.targets, requests),
      routes: topOf(rows, 'route', rows.names.routes, requests),
      minutes: [],
      targetGroups: topOf(rows, 'targetGroup', rows.names.targetGroups, requests),
    },
    load: TARGETS.map((target, index) => ({
      loadBalancer: LOAD_BALANCER,
      targetGroup: index < 4 ? GROUP : GROUP_2,
      target,
      requestsPerSecond: { mean: 11.4 - index, peak: 61 - index * 4 },
      serviceSeconds: { mean: 0.118 + index / 100, p50: 0.061, p99: 1.94 - index / 10, cv2: 3.2 },
      openRequests: index === 5 ? null : { p99: 9 + index, max: 38 - index },
    })),
    settings: {
      byLoadBalancer: [
        {
          loadBalancer: LOAD_BALANCER,
          kubernetes: { namespace: 'shop', name: 'web' },
          nodes: NODES,
          idleTimeoutSeconds: {
            value: 60,
            source: 'inferred',
            because: '23 of 23 requests that timed out after the target had them ended between 60.0 and 60.4 s.',
          },
          connectTimeoutSeconds: { value: 10, source: 'default', because: 'Fixed by AWS.' },
          clientTimeoutsSeconds: [
            { value: 30, source: 'inferred', because: '38 of 41 clients that left first did so after 30.0 s.' },
          ],
        },
      ],
      byTargetGroup: [
        {
          loadBalancer: LOAD_BALANCER,
          targetGroup: GROUP,
          name: 'k8s-shop-web-3f1c9a7d21',
          kubernetes: { namespace: 'shop', name: 'web' },
          targets: 4,
          targetType: 'instance',
          keepAliveSeconds: {
            value: 5,
            source: 'inferred',
            because:
              'Failures began 4.98 to 5.00 s after an earlier answer on the same target 61 times more often than healthy requests.',
            servers: ['uvicorn', 'hypercorn', 'Apache httpd', 'Node before 22.19'],
          },
          concurrencyLimit: {
            value: 12,
            source: 'inferred',
            because: 'Connections wait above 12 open requests per target.',
          },
          others: [],
        },
        {
          loadBalancer: LOAD_BALANCER,
          targetGroup: GROUP_2,
          name: 'k8s-shop-pay-88d0c2e1aa',
          kubernetes: { namespace: 'shop', name: 'pay' },
          targets: 2,
          targetType: 'ip',
          keepAliveSeconds: null,
          concurrencyLimit: null,
          others: [],
        },
      ],
    },
    series,
    failureRows: {
      ...rows,
      total,
      kept,
      columns: Object.fromEntries(Object.entries(rows.columns).map(([name, values]) => [name, values.slice(0, kept)])),
    },
    witnesses: [
      {
        name: 'app.log.gz',
        kind: 'app-log',
        rows: 118_204,
        window,
        because: [
          'None of the 1,204 failures that the load balancer answered has a line in it; all 96 target-made ones have.',
        ],
        events: [
          { time: iso(START + 31 * 60_000 + 12_000), what: 'Deploy web 2026.11.23-2' },
          { time: iso(START + 52 * 60_000 + 40_000), what: 'Readiness probe failed: web-7d9c (timeout 1 s)' },
          { time: iso(START + 58 * 60_000), what: 'Readiness probe passed: web-7d9c' },
        ],
      },
    ],
    missing: [
      {
        what: 'Health-check logs',
        why: 'They would say from when to when each target was unhealthy. Switch them on with health_check_logs.s3.enabled.',
      },
      {
        what: 'Kubernetes events',
        why: 'They would name the failed readiness probe. kubectl get events -n shop -o json > events.json, then --with events.json',
      },
    ],
    contradictions: [
      {
        what: 'Target processing time is set although the target never answered',
        rows: 1,
        samples: [sampleOf(rows, 0, options.hostile === true, ['target_processing_time', 'target_status_code'])],
      },
    ],
    errors: [],
  }
}

/** Shares of one incident: cause, symptom, when (minute, minutes), how the row looks. */
function shape(total) {
  const parts = [
    {
      cause: null,
      symptom: 'response-timeout',
      share: 0.016,
      from: 20,
      minutes: 55,
      status: 504,
      elapsed: () => 60_000,
      spread: 400,
      waits: 'target',
      hop: null,
      confidence: null,
      routes: [5],
    },
    {
      cause: 'service-without-endpoints',
      symptom: 'connect-timeout',
      also: ['connect-refused', 'connect-failed-late'],
      share: 0.55,
      from: 52,
      minutes: 6,
      status: 504,
      elapsed: null,
      spread: 9,
      waits: 'connect',
      hop: 'network',
      confidence: 'likely',
    },
    {
      cause: 'keepalive-shorter-than-idle-timeout',
      symptom: 'closed-before-response',
      share: 0.21,
      from: 0,
      minutes: 90,
      status: 502,
      elapsed: () => 3,
      spread: 8,
      waits: 'none',
      hop: 'application',
      confidence: 'likely',
    },
    {
      cause: 'listen-backlog-overflow',
      symptom: 'connect-timeout',
      share: 0.13,
      from: 46,
      minutes: 7,
      status: 504,
      elapsed: () => 10_000,
      spread: 4,
      waits: 'connect',
      hop: 'application',
      confidence: 'possible',
      routes: [2, 5],
    },
    {
      cause: 'application-error',
      symptom: 'target-answered',
      share: 0.066,
      from: 31,
      minutes: 12,
      status: 500,
      elapsed: () => 190,
      spread: 240,
      waits: 'target',
      hop: 'application',
      confidence: 'certain',
      routes: [4],
    },
    {
      cause: 'client-gave-up',
      symptom: 'client-left',
      share: 0.028,
      from: 40,
      minutes: 30,
      status: 460,
      elapsed: () => 30_000,
      spread: 20,
      waits: 'target',
      hop: 'client',
      confidence: 'certain',
    },
  ]
  let left = total
  return parts.map((part, index) => {
    const count = index === parts.length - 1 ? left : Math.min(left, Math.round(total * part.share))
    left -= count
    return { ...part, count, id: `${part.cause ?? part.symptom}-1` }
  })
}

/** @returns {FailureRows} */
function makeRows(shapes, random, isHostile) {
  const all = []
  const symptoms = [
    'response-timeout',
    'connect-timeout',
    'connect-refused',
    'connect-failed-late',
    'closed-before-response',
    'target-answered',
    'client-left',
  ]
  shapes.forEach((part, finding) => {
    for (let index = 0; index < part.count; index += 1) {
      const bell = (random() + random() + random()) / 3
      let time = START + (part.from + part.minutes * (part.minutes > 60 ? random() : bell)) * 60_000
      let symptom = part.symptom
      let elapsed = part.elapsed ? part.elapsed() + random() * part.spread : 0
      let status = part.status
      if (part.cause === 'service-without-endpoints') {
        const dice = random()
        if (dice < 0.18) {
          symptom = 'connect-refused'
          status = 502
          elapsed = random() * 4
        } else if (dice < 0.26) {
          symptom = 'connect-failed-late'
          status = 502
          elapsed = [1, 2, 3, 4, 5, 7][Math.floor(random() * 6)] * 1000 + 20 + random() * 60
        } else elapsed = 10_000 + random() * 6
      }
      time = Math.min(time, START + MINUTES * 60_000 - 211)
      all.push({ finding, part, time, symptom: symptoms.indexOf(symptom), elapsed: Math.round(elapsed), status })
    }
  })
  all.sort((a, b) => a.time - b.time)
  const routeNames = isHostile ? [...ROUTES, 'GET /<img src=x onerror=alert(1)>'] : ROUTES
  const columns = {
    input: [],
    row: [],
    time: [],
    created: [],
    elapsedMs: [],
    requestSeconds: [],
    targetSeconds: [],
    responseSeconds: [],
    elbStatus: [],
    targetStatus: [],
    receivedBytes: [],
    sentBytes: [],
    loadBalancer: [],
    targetGroup: [],
    target: [],
    node: [],
    route: [],
    symptom: [],
    finding: [],
    answeredBy: [],
    traceId: [],
    request: [],
    client: [],
    userAgent: [],
  }
  all.forEach((each, index) => {
    const { part } = each
    const isTargetMade = part.symptom === 'target-answered'
    const isPay = isTargetMade
    const target = isPay ? 4 + Math.floor(random() * 2) : Math.floor(random() * 4)
    const routes = part.routes ?? [0, 1, 2, 3, 4, 5, 6]
    const hostile = isHostile ? hostileTexts[index % hostileTexts.length] : null
    const route = isHostile && index % 9 === 0 ? ROUTES.length : routes[Math.floor(random() * routes.length)]
    const method = ROUTES[route % ROUTES.length].split(' ')[0]
    const path = ROUTES[route % ROUTES.length].split(' ')[1].replace('{id}', String(Math.floor(random() * 90_000)))
    const connected = part.waits !== 'connect'
    const targetSeconds =
      part.waits === 'target' ? (part.status === 500 ? each.elapsed / 1000 : -1) : part.waits === 'none' ? 0.001 : -1
    const c = columns
    c.input.push(index % 3)
    c.row.push(1 + index * 7 + (index % 5))
    c.time.push(iso(each.time))
    c.created.push(iso(each.time - each.elapsed))
    c.elapsedMs.push(each.elapsed)
    c.requestSeconds.push(connected ? 0.001 : null)
    c.targetSeconds.push(targetSeconds < 0 ? null : round(targetSeconds))
    c.responseSeconds.push(isTargetMade ? 0 : null)
    c.elbStatus.push(each.status)
    c.targetStatus.push(isTargetMade ? 500 : null)
    c.receivedBytes.push(120 + Math.floor(random() * 700))
    c.sentBytes.push(each.status === 460 ? 0 : 272 + Math.floor(random() * 40))
    c.loadBalancer.push(0)
    c.targetGroup.push(isPay ? 1 : 0)
    c.target.push(target)
    c.node.push(Math.floor(random() * 3))
    c.route.push(route)
    c.symptom.push(each.symptom)
    c.finding.push(each.finding)
    c.answeredBy.push(isTargetMade ? 'target' : each.status === 460 ? 'nobody' : 'load-balancer')
    c.traceId.push(`Root=1-6b03${hex(random, 4)}-${hex(random, 24)}`)
    c.request.push(`${method} https://www.shop.example:443${hostile === null ? path : `/${hostile}`} HTTP/2.0`)
    c.client.push(`203.0.113.${Math.floor(random() * 60)}:${20_000 + Math.floor(random() * 40_000)}`)
    c.userAgent.push(hostile ?? AGENTS[Math.floor(random() * AGENTS.length)])
  })
  return {
    total: all.length,
    kept: all.length,
    names: {
      inputs: NODES.map(
        (node, index) =>
          `123456789012_elasticloadbalancing_eu-west-1_app.k8s-shop-web-3f1c9a7d21.7e13d860e39e867e_20261123T1430Z_${node}_d0f${index}6bb4.log.gz`,
      ),
      loadBalancers: [LOAD_BALANCER],
      targetGroups: [GROUP, GROUP_2],
      targets: TARGETS,
      nodes: NODES,
      routes: routeNames,
      symptoms,
      findings: shapes.map((part) => part.id),
    },
    columns,
  }
}

function makeSeries(rows, random) {
  const stepSeconds = 60
  const requests = Array.from({ length: MINUTES }, (_, minute) =>
    Math.round(3_900 + 900 * Math.sin(minute / 14) + random() * 260 - (minute > 52 && minute < 59 ? 900 : 0)),
  )
  const zero = () => new Array(MINUTES).fill(0)
  const answeredBy = { 'load-balancer': zero(), target: zero(), nobody: zero() }
  const status = {}
  rows.columns.time.forEach((time, index) => {
    const minute = Math.floor((Date.parse(time) - START) / 60_000)
    const who = rows.columns.answeredBy[index]
    answeredBy[who][minute] += 1
    const key = `${who} ${rows.columns.elbStatus[index]}`
    status[key] ??= zero()
    status[key][minute] += 1
  })
  // A failure is a request too: a hundred thousand of them need the traffic to go with it.
  for (let minute = 0; minute < MINUTES; minute += 1)
    requests[minute] += answeredBy['load-balancer'][minute] + answeredBy.target[minute] + answeredBy.nobody[minute]
  return { stepSeconds, start: iso(START), columns: { requests, answeredBy, status } }
}

/** @returns {Finding} */
function makeFinding(part, index, rows, requests, isHostile) {
  const mine = []
  for (let row = 0; row < rows.columns.finding.length; row += 1) if (rows.columns.finding[row] === index) mine.push(row)
  const first = rows.columns.time[mine[0]] ?? iso(START)
  const last = rows.columns.time[mine.at(-1)] ?? iso(START)
  const said = TEXTS[part.cause ?? 'undetermined']
  const share = part.minutes / MINUTES
  return {
    id: part.id,
    cause: part.cause,
    title: said.title,
    symptom: part.symptom,
    otherSymptoms: part.also ?? [],
    hop: part.hop,
    confidence: part.confidence,
    failures: part.count,
    requests: Math.max(part.count, Math.round(requests * share)),
    window: { start: first, end: last },
    scope: {
      loadBalancers: [LOAD_BALANCER],
      targetGroups: [part.symptom === 'target-answered' ? GROUP_2 : GROUP],
      ...(part.routes ? { routes: part.routes.map((route) => ROUTES[route]) } : {}),
    },
    because: said.because(part.count),
    evidence: said.evidence(part.count),
    ruledOut: said.ruledOut ?? [],
    candidates: said.candidates ?? [],
    samples: mine
      .slice(0, 2)
      .map((row) =>
        sampleOf(rows, row, isHostile, ['elb_status_code', 'target_status_code', 'target_processing_time']),
      ),
    fixes: said.fixes ?? [],
  }
}

const n = (value) => value.toLocaleString('en-US')

const TEXTS = {
  undetermined: {
    title: 'The target had the request and gave no answer for 60 s; which part of it was stuck is not in this log',
    because: (count) => [
      `${n(count)} of ${n(count)} ended 60.0 to 60.4 s after the request was handed over: the load balancer's idle timeout.`,
      'All are GET /api/reports/{id}; other routes on the same targets answered meanwhile.',
    ],
    evidence: () => [
      {
        kind: 'histogram',
        id: 'elapsed',
        title: 'Time from the client’s request to the 504',
        unit: 's',
        edges: range(56, 66, 0.5),
        counts: [0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        control: null,
        marks: [{ at: 60, label: 'idle timeout 60 s' }],
      },
      {
        kind: 'count',
        id: 'same-route',
        title: 'Failures on one route',
        value: 23,
        of: 23,
        unit: 'failures',
        control: { label: 'share of that route in healthy requests', value: 4_120, of: 348_902 },
      },
    ],
    ruledOut: [
      { cause: 'listen-backlog-overflow', why: 'The connection was made: request processing time is 0.001 s, not -1.' },
    ],
    candidates: [
      {
        cause: 'dependency-stall',
        settledBy: ['An app log with request durations: --with app.log', 'A trace of one of the sample trace ids'],
      },
      { cause: 'worker-pool-exhausted', settledBy: ['The number of busy workers at 13:41 UTC'] },
      {
        cause: 'target-idle-timeout',
        settledBy: ['The slowest healthy answer of GET /api/reports/{id} on a longer idle timeout'],
      },
    ],
    fixes: [
      {
        title: 'Give the report route a deadline of its own',
        hop: 'application',
        safety: 'review',
        patch:
          '# FastAPI: answer 504 yourself, with a reason, before the load balancer gives up\nasync with asyncio.timeout(50):\n    report = await build_report(report_id)\n',
        undo: 'Remove the timeout block.',
        because: '50 s is below the idle timeout of 60 s by more than the 5 s margin.',
      },
    ],
  },
  'service-without-endpoints': {
    title: 'The Service had no ready pod behind the NodePort, and the node refused the connection',
    because: (count) => [
      `${n(count)} connections failed in 5 min 20 s on all four targets at once, and none before or after.`,
      '18 % were refused at once, 8 % after 1 to 7 s, 74 % timed out at 10.00 s: the pattern of ICMP answers limited to about one a second per peer.',
      'A dead listener would refuse 100 % at once; a full accept queue would refuse none.',
    ],
    evidence: (count) => [
      {
        kind: 'histogram',
        id: 'elapsed',
        title: 'Time until the connection failed',
        unit: 's',
        edges: range(0, 12, 0.5),
        counts: spread(count, [18, 0, 1.4, 0, 1.3, 0, 1.4, 0, 1.3, 0, 1.3, 0, 0, 0, 1.3, 0, 0, 0, 0, 0, 74, 0, 0, 0]),
        control: null,
        marks: [
          { at: 0, label: 'refused at once' },
          { at: 1, label: 'SYN repeated after 1 s' },
          { at: 10, label: 'connect timeout 10 s' },
        ],
      },
      {
        kind: 'table',
        id: 'lifelines',
        title: 'Targets: first and last answer',
        columns: ['target', 'first answer', 'last answer'],
        rows: TARGETS.map((target, index) => [
          target,
          iso(START + index * 90_000 + 120),
          iso(START + (index === 2 ? 52 : 89) * 60_000 + index * 611),
        ]),
      },
      {
        kind: 'series',
        id: 'rate',
        title: 'Failures per 10 s',
        start: iso(START + 50 * 60_000),
        stepSeconds: 10,
        unit: 'failures',
        lines: [
          {
            label: 'connect failed',
            values: Array.from({ length: 54 }, (_, i) =>
              i < 13 || i > 46 ? 0 : Math.round(14 + 12 * Math.sin(i / 4)),
            ),
          },
          {
            label: 'answered',
            values: Array.from({ length: 54 }, (_, i) => (i < 13 || i > 46 ? 640 + (i % 7) * 9 : 90 + (i % 5) * 6)),
          },
        ],
      },
    ],
    ruledOut: [
      {
        cause: 'connection-refused',
        why: 'A closed port answers every SYN with a reset: no connect timeouts. Here 74 % timed out.',
      },
      {
        cause: 'listen-backlog-overflow',
        why: 'A full queue drops SYNs and never refuses. Here 18 % were refused in under 4 ms.',
      },
      { cause: 'security-group-blocks', why: 'The same targets answered 640 requests per 10 s just before.' },
    ],
    fixes: [
      {
        title: 'Give the readiness probe room and the pods a spare',
        hop: 'network',
        safety: 'review',
        patch:
          'spec:\n  replicas: 4\n  template:\n    spec:\n      containers:\n        - name: web\n          readinessProbe:\n            httpGet: {path: /ready, port: 8080}\n            periodSeconds: 5\n            timeoutSeconds: 3\n            failureThreshold: 3\n',
        undo: 'kubectl rollout undo deployment/web',
        because: 'timeoutSeconds 1 is below the p99 of 1.94 s that the targets need under this load.',
      },
      {
        title: 'Spread the pods, so that one node’s trouble is not all of them',
        hop: 'network',
        safety: 'safe',
        patch:
          'topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: kubernetes.io/hostname\n    whenUnsatisfiable: ScheduleAnyway\n    labelSelector: {matchLabels: {app: web}}\n',
        undo: 'Remove topologySpreadConstraints.',
        because: 'All four targets lost their endpoints within 3 s.',
      },
    ],
  },
  'keepalive-shorter-than-idle-timeout': {
    title: 'The target closed an idle connection just as the load balancer used it again',
    because: (count) => [
      `${n(Math.round(count * 0.91))} of ${n(count)} failures came 4.98 to 5.00 s after an earlier answer of the same target through the same node.`,
      'Healthy requests do that 61 times less often (control).',
      'The load balancer waits 60 s, the target 5 s: the default of uvicorn, hypercorn, Apache httpd and older Node.',
    ],
    evidence: (count) => [
      {
        kind: 'histogram',
        id: 'echo',
        title: 'Gap to an earlier answer on the same target and node',
        unit: 's',
        edges: range(1, 13, 0.5),
        counts: spread(
          count,
          [1, 1, 0.8, 1, 1.2, 0.9, 1.1, 71, 3, 1, 1, 0.8, 1, 1, 0.9, 1, 1, 1.1, 1, 0.9, 1, 1, 1, 1],
        ),
        control: { label: 'healthy requests, scaled', counts: spread(count, new Array(24).fill(1)) },
        marks: [{ at: 5, label: 'keep-alive 5 s' }],
      },
      {
        kind: 'count',
        id: 'ceiling',
        title: 'Share of requests lost to the race',
        value: 0.088,
        of: null,
        unit: '%',
        control: { label: 'most that this race can cost at 5 s', value: 0.15, of: null },
      },
      {
        kind: 'count',
        id: 'per-target',
        title: 'Targets that show it',
        value: 4,
        of: 4,
        unit: 'targets',
        control: null,
      },
    ],
    ruledOut: [
      {
        cause: 'worker-killed-mid-request',
        why: 'Failures do not share end instants: at most 2 ended within one second.',
      },
      { cause: 'response-headers-too-large', why: 'All routes fail alike; target time is 0.001 s.' },
    ],
    fixes: [
      {
        title: 'Keep idle connections longer than the load balancer does',
        hop: 'application',
        safety: 'safe',
        patch: 'uvicorn app.main:app --host 0.0.0.0 --port 8080 --timeout-keep-alive 75\n',
        undo: 'Remove --timeout-keep-alive.',
        because: '75 s is above the idle timeout of 60 s by a margin of 15 s.',
      },
    ],
  },
  'listen-backlog-overflow': {
    title: 'The pod’s accept queue was full, and the kernel dropped new connections without a word',
    because: (count) => [
      `${n(count)} connections timed out at 10.00 s and none was refused.`,
      'Failures begin above 12 open requests on the target; below that level 0 of 301,442 failed.',
      '212 healthy requests took 1.0, 2.0 or 3.0 s longer to connect: repeated SYNs.',
    ],
    evidence: (count) => [
      {
        kind: 'histogram',
        id: 'open-requests',
        title: 'Open requests on the target at arrival',
        unit: 'requests',
        edges: range(0, 26, 1),
        counts: spread(count, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 9, 16, 22, 25, 20, 14, 9, 6, 4, 2, 1, 1]),
        control: {
          label: 'healthy requests, scaled',
          counts: spread(
            count,
            [12, 18, 21, 19, 15, 12, 9, 7, 5, 4, 3, 2, 1, 0.5, 0.3, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
          ),
        },
        marks: [{ at: 12, label: 'limit 12 requests' }],
      },
      {
        kind: 'table',
        id: 'retry-ladder',
        title: 'Healthy requests that waited to connect',
        columns: ['wait', 'requests', 'expected without drops'],
        rows: [
          ['1.0 s', 141, 2],
          ['2.0 s', 48, 1],
          ['3.0 s', 23, 0],
          ['7.0 s', 4, null],
        ],
      },
    ],
    ruledOut: [{ cause: 'connection-refused', why: 'No connection was refused.' }],
    candidates: [
      {
        cause: 'conntrack-table-full',
        settledBy: ['dmesg on the node: nf_conntrack: table full', 'nstat -az TcpExtListenOverflows in the pod'],
      },
    ],
    fixes: [
      {
        title: 'A longer accept queue buys seconds, not capacity',
        hop: 'application',
        safety: 'review',
        patch:
          'uvicorn app.main:app --backlog 2048\n# and in the pod: net.core.somaxconn >= 2048 (a new network namespace has 4096)\n',
        undo: 'Remove --backlog.',
        because: 'The queue held 6 connections: backlog 5 plus one.',
      },
    ],
  },
  'application-error': {
    title: 'The application itself answered 500',
    because: (count) => [
      `${n(count)} of ${n(count)} have the same status from the target: the app had the request and answered.`,
      'All are POST /api/checkout, from the deploy at 13:31:12 UTC on.',
    ],
    evidence: (count) => [
      {
        kind: 'count',
        id: 'one-route',
        title: 'Failures of POST /api/checkout',
        value: count,
        of: count,
        unit: 'failures',
        control: { label: 'its share of healthy requests', value: 9_884, of: 348_902 },
      },
    ],
    ruledOut: [],
    fixes: [],
  },
  'client-gave-up': {
    title: 'The client closed the connection after 30 s of waiting',
    because: (count) => [
      `${n(count)} requests ended with 460, most at 30.0 s: a client timeout. Each may hide a slow answer.`,
    ],
    evidence: (count) => [
      {
        kind: 'histogram',
        id: 'elapsed',
        title: 'Time until the client left',
        unit: 's',
        edges: range(24, 36, 1),
        counts: spread(count, [0, 0, 0, 2, 0, 0, 92, 3, 0, 3, 0, 0]),
        control: null,
        marks: [{ at: 30, label: 'client timeout 30 s' }],
      },
    ],
    ruledOut: [],
    fixes: [
      {
        title: 'Order the deadlines: the inner one gives up first',
        hop: 'client',
        safety: 'review',
        patch: 'app deadline 25 s < client timeout 30 s < idle timeout 60 s\n',
        undo: 'Restore the old deadline.',
        because: 'The client gives up at 30 s, before the load balancer does at 60 s.',
      },
    ],
  },
}

function sampleOf(rows, row, isHostile, decidedBy) {
  const c = rows.columns
  const hostile = isHostile ? hostileTexts[row % hostileTexts.length] : ''
  return {
    input: rows.names.inputs[c.input[row] ?? 0] ?? '',
    row: c.row[row] ?? 1,
    raw: `https ${c.time[row]} ${LOAD_BALANCER} ${c.client[row]} ${rows.names.targets[c.target[row] ?? 0]} ${c.requestSeconds[row] ?? -1} ${c.targetSeconds[row] ?? -1} ${c.responseSeconds[row] ?? -1} ${c.elbStatus[row]} ${c.targetStatus[row] ?? '-'} ${c.receivedBytes[row]} ${c.sentBytes[row]} "${c.request[row]}" "${c.userAgent[row]}${hostile}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ${GROUP} "${c.traceId[row]}" "www.shop.example" "-" 0 ${c.created[row]} "forward" "-" "-"`,
    decidedBy,
  }
}

function topOf(rows, column, names, requests) {
  return names
    .map((key, index) => {
      let elb5xx = 0
      let target5xx = 0
      let failures = 0
      rows.columns[column].forEach((value, row) => {
        if (value !== index) return
        failures += 1
        if (rows.columns.answeredBy[row] === 'load-balancer') elb5xx += 1
        if (rows.columns.answeredBy[row] === 'target') target5xx += 1
      })
      return { key, requests: Math.max(failures, Math.round(requests / names.length)), failures, elb5xx, target5xx }
    })
    .sort((a, b) => b.failures - a.failures)
}

function spread(count, weights) {
  const whole = sum(weights) || 1
  return weights.map((weight) => Math.round((count * weight) / whole))
}

function range(from, to, step) {
  const edges = []
  for (let at = from; at <= to + 1e-9; at += step) edges.push(round(at))
  return edges
}

const iso = (ms) => new Date(ms).toISOString()
const round = (value) => Math.round(value * 1000) / 1000
const sum = (values) => values.reduce((all, value) => all + value, 0)
const hex = (random, length) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')

function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
