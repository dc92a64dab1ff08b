// Seeded access logs of one load balancer: 8 nodes, 3 target groups, 24 targets, 34-field rows, one file per node and
// five minutes, 0.5 % failures. The manifest beside the files says what a correct reader must count.
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'

const GENERATOR_VERSION = 2
const NODES = 8
const PERIOD_MS = 300_000
const START_MS = Date.UTC(2026, 10, 23, 2, 0, 0)
const CHUNK_BYTES = 4 << 20

/**
 * Writes `DIR/gzip/*.log.gz`, `DIR/plain/*.log` and `DIR/manifest.json`; does nothing when they are there already.
 * @param {{ rows: number, rowsPerFile?: number, out: string, as?: ('gzip' | 'plain')[], seed?: number, jobs?: number }} request
 * @returns {Promise<Manifest>}
 */
export async function generate({ rows, rowsPerFile = 50_000, out, as = ['gzip', 'plain'], seed = 1, jobs }) {
  const asked = { generator: GENERATOR_VERSION, rows, rowsPerFile, seed }
  const manifestPath = join(out, 'manifest.json')
  if (existsSync(manifestPath)) {
    const found = JSON.parse(readFileSync(manifestPath, 'utf8'))
    const same = Object.entries(asked).every(([key, value]) => found[key] === value)
    if (same && as.every((form) => found.bytes[form] > 0)) return found
  }
  for (const form of ['gzip', 'plain']) rmSync(join(out, form), { recursive: true, force: true })
  for (const form of as) mkdirSync(join(out, form), { recursive: true })

  const files = Math.max(1, Math.round(rows / rowsPerFile))
  const tasks = Array.from({ length: files }, (_, index) => ({
    index,
    rows: Math.floor((rows * (index + 1)) / files) - Math.floor((rows * index) / files),
  }))
  const parts = await inWorkers(tasks, { out, as, seed }, jobs ?? availableParallelism())
  const manifest = { ...asked, files, ...total(parts) }
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** @typedef {{ rows: number, files: number, bytes: Record<string, number>, elbStatus: Record<string, number>, symptoms: Record<string, number>, books: Record<string, number> }} Manifest */

function total(parts) {
  const sum = { bytes: {}, elbStatus: {}, symptoms: {}, books: {} }
  for (const part of parts)
    for (const [group, counts] of Object.entries(part))
      for (const [key, count] of Object.entries(counts)) sum[group][key] = (sum[group][key] ?? 0) + count
  return sum
}

function inWorkers(tasks, shared, jobs) {
  const queue = [...tasks]
  const parts = []
  const run = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: shared })
      const next = () => {
        const task = queue.shift()
        if (task) worker.postMessage(task)
        else resolve(worker.terminate())
      }
      worker.on('message', (part) => {
        parts.push(part)
        next()
      })
      worker.on('error', reject)
      next()
    })
  return Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, run)).then(() => parts)
}

// --- one file ------------------------------------------------------------------------------------------------------

const ACCOUNT = '123456789012'
const REGION = 'eu-west-1'
const LOAD_BALANCER = 'k8s-shop-store-4f1d2c3b5a/9d3c2b1a0f4e5d6c'
const HOST = 'www.shop.example'
const CERTIFICATE = `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/5e2f7a10-3c9b-4b60-8b1a-6f0d2c4e8a91`

/** Weight of the traffic, milliseconds of service time (median) and of spread, targets as instance:NodePort or pod:port. */
const TARGET_GROUPS = [
  group('k8s-shop-web-1a2b3c4d5e/0f1e2d3c4b5a6978', 0.55, 8, (n) => `10.20.${n % 3}.${21 + n}:8080`),
  group('k8s-shop-api-6f7a8b9c0d/8796a5b4c3d2e1f0', 0.4, 25, (n) => `10.20.${n % 3}.${61 + n}:8000`),
  group('k8s-bi-reports-0a9b8c7d6e/bda7e7a9f7215291', 0.05, 400, (n) => `10.20.${n % 3}.${11 + n}:30080`),
]

function group(name, weight, medianMs, address) {
  return {
    arn: `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup/${name}`,
    weight,
    medianMs,
    targets: Array.from({ length: 8 }, (_, n) => address(n)),
  }
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'ShopApp/7.3.1 \\x22beta\\x22 (Android 15)',
  'okhttp/4.12.0',
  'curl/8.5.0',
  'python-requests/2.32.3',
]

const KEEPALIVE_MS = 5000

function writeOneFile({ index, rows }, { out, as, seed }) {
  const random = generator(seed * 7919 + index)
  const nodeNumber = index % NODES
  const node = `10.20.${nodeNumber % 3}.${200 + nodeNumber}`
  const period = Math.floor(index / NODES)
  const periodStart = START_MS + period * PERIOD_MS
  const name = `${ACCOUNT}_elasticloadbalancing_${REGION}_app.${LOAD_BALANCER.replace('/', '.')}_${stamp(periodStart + PERIOD_MS)}_${node}_${hex(random, 8)}.log`
  const counts = {
    bytes: { plain: 0 },
    elbStatus: {},
    symptoms: {},
    books: { failures: 0, elb5xx: 0, target5xx: 0, clientLeft: 0, rejected: 0 },
  }
  const plain = as.includes('plain') ? createWriteStream(join(out, 'plain', name)) : undefined
  const chunks = []
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let used = 0
  const flush = () => {
    const bytes = chunk.subarray(0, used)
    counts.bytes.plain += used
    plain?.write(bytes)
    chunks.push(bytes)
    chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    used = 0
  }

  // A target that closes idle connections after 5 s: the failure follows an earlier answer by 5.00 s.
  const races = []
  const text = rowWriter(random, node)
  for (let row = 0; row < rows; row++) {
    const endMs = periodStart + (PERIOD_MS * (row + random())) / rows
    const race = races.length > 0 && races[0].at <= endMs ? races.shift() : undefined
    const made = race ? keepaliveRace(race, endMs) : draw(random)
    if (!race && made.elbStatus < 400 && made.target && random() < 0.0016)
      races.push({ at: endMs + KEEPALIVE_MS, group: made.group, target: made.target })
    counts.elbStatus[made.elbStatus] = (counts.elbStatus[made.elbStatus] ?? 0) + 1
    if (made.book) {
      counts.books[made.book]++
      if (made.book !== 'rejected') {
        counts.books.failures++
        counts.symptoms[made.symptom] = (counts.symptoms[made.symptom] ?? 0) + 1
      }
    }
    if (used > CHUNK_BYTES - 4096) flush()
    used += chunk.latin1Write(text(made, endMs), used)
  }
  flush()

  if (as.includes('gzip')) {
    const packed = gzipSync(Buffer.concat(chunks), { level: 6 })
    counts.bytes.gzip = packed.length
    writeFileSync(join(out, 'gzip', `${name}.gz`), packed)
  }
  if (!plain) return Promise.resolve(counts)
  return new Promise((resolve, reject) => {
    plain.on('error', reject)
    plain.end(() => resolve(counts))
  })
}

function keepaliveRace(race) {
  return {
    ...failure(502, '-', 'closed-before-response', 'elb5xx'),
    group: race.group,
    target: race.target,
    times: '0.000 0.001 -1',
    elapsedMs: 1.4,
  }
}

function failure(elbStatus, targetStatus, symptom, book) {
  return { elbStatus, targetStatus, symptom, book, action: 'forward', error: '-' }
}

/** One request as numbers: what happened, and what a correct reader says about it. */
function draw(random) {
  const pick = random()
  const group = pick < 0.55 ? TARGET_GROUPS[0] : pick < 0.95 ? TARGET_GROUPS[1] : TARGET_GROUPS[2]
  const target = group.targets[(random() * 8) | 0]
  const dice = random()
  if (dice > 0.0043) return answered(random, group, target)

  const reports = TARGET_GROUPS[2]
  const shared = { group, target }
  if (dice < 0.0008)
    return {
      ...failure(504, '-', 'response-timeout', 'elb5xx'),
      group: reports,
      target: reports.targets[(random() * 8) | 0],
      times: '0.001 -1 -1',
      elapsedMs: 60_001 + random() * 3,
    }
  if (dice < 0.0013)
    return {
      ...failure(502, '-', 'connect-refused', 'elb5xx'),
      group: reports,
      target: reports.targets[3],
      times: '-1 -1 -1',
      elapsedMs: 1 + random() * 2,
    }
  if (dice < 0.0016)
    return {
      ...failure(504, '-', 'connect-timeout', 'elb5xx'),
      group: reports,
      target: reports.targets[5],
      times: '-1 -1 -1',
      elapsedMs: 10_000 + random() * 2,
    }
  if (dice < 0.0023) {
    const row = answered(random, group, target)
    return { ...row, ...failure(500, '500', 'target-answered', 'target5xx') }
  }
  if (dice < 0.0026) {
    const row = answered(random, group, target)
    return { ...row, ...failure(503, '503', 'target-answered', 'target5xx') }
  }
  if (dice < 0.0028)
    return { ...failure(503, '-', 'no-target', 'elb5xx'), group, target: undefined, times: '-1 -1 -1', elapsedMs: 1 }
  if (dice < 0.0033) {
    // The client's own patience: 3 s.
    return {
      ...failure(460, '-', 'client-left', 'clientLeft'),
      ...shared,
      times: '0.001 -1 -1',
      elapsedMs: 3000 + random() * 4,
    }
  }
  return {
    ...failure(403, '-', 'rule-answered', 'rejected'),
    group: undefined,
    target: undefined,
    times: '-1 -1 -1',
    elapsedMs: 1,
    action: 'waf',
  }
}

function answered(random, group, target) {
  // Log-normal service time: sum of four uniforms is near enough to a normal for a benchmark.
  const z = (random() + random() + random() + random() - 2) * 1.732
  const serviceMs = group.medianMs * Math.exp(0.7 * z)
  const status = random()
  const elbStatus = status < 0.86 ? 200 : status < 0.94 ? 304 : status < 0.97 ? 302 : status < 0.99 ? 404 : 201
  const requestMs = (random() * 3) | 0
  return {
    elbStatus,
    targetStatus: String(elbStatus),
    group,
    target,
    times: `0.00${requestMs} ${seconds(serviceMs)} 0.000`,
    elapsedMs: requestMs + serviceMs + 0.3,
    action: 'forward',
    error: '-',
  }
}

function rowWriter(random, node) {
  let secondOfEnd = -1
  let endPrefix = ''
  let secondOfStart = -1
  let startPrefix = ''
  return (made, endMs) => {
    const startMs = Math.floor(endMs - made.elapsedMs)
    const endSecond = Math.floor(endMs / 1000)
    if (endSecond !== secondOfEnd) {
      secondOfEnd = endSecond
      endPrefix = new Date(endSecond * 1000).toISOString().slice(0, 20)
    }
    const startSecond = Math.floor(startMs / 1000)
    if (startSecond !== secondOfStart) {
      secondOfStart = startSecond
      startPrefix = new Date(startSecond * 1000).toISOString().slice(0, 20)
    }
    const micros = String(Math.floor((endMs - endSecond * 1000) * 1000)).padStart(6, '0')
    const millis = String(startMs - startSecond * 1000).padStart(3, '0')
    const clientNumber = drawClient(random)
    const client = `${clientAddress(clientNumber)}:${1024 + ((random() * 64000) | 0)}`
    const agent = AGENTS[(clientNumber * 7919) % AGENTS.length]
    const target = made.target ?? '-'
    const arn = made.group?.arn ?? '-'
    const isTls = random() < 0.7
    const tls = isTls ? 'TLS_AES_128_GCM_SHA256 TLSv1.3' : '- -'
    const sni = isTls ? `"${HOST}" "${CERTIFICATE}"` : '"-" "-"'
    const traceId = `Root=1-${startSecond.toString(16)}-${hex(random, 24)}`
    return (
      `${isTls ? (random() < 0.6 ? 'h2' : 'https') : 'http'} ${endPrefix}${micros}Z app/${LOAD_BALANCER} ${client} ${target} ${made.times} ` +
      `${made.elbStatus} ${made.targetStatus} ${90 + ((random() * 900) | 0)} ${150 + ((random() * 40000) | 0)} ` +
      `"${request(random, isTls)}" "${agent}" ${tls} ${arn} "${traceId}" ${sni} ` +
      `${made.group ? TARGET_GROUPS.indexOf(made.group) + 1 : 0} ${startPrefix}${millis}000Z "${made.action}" "-" "${made.error}" ` +
      `"${target}" "${made.targetStatus}" "-" "-" TID_${hex(random, 32)} "-" "-" "-" ${node}\n`
    )
  }
}

/** 131,072 clients, a few of them busy. */
function drawClient(random) {
  const skewed = random()
  return (131_072 * skewed * skewed * skewed) | 0
}

/** In the network that is set aside for benchmarks (RFC 2544). */
function clientAddress(number) {
  return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
}

function request(random, isTls) {
  const site = isTls ? `https://${HOST}:443` : `http://${HOST}:80`
  const id = (random() * 100_000) | 0
  const kind = random()
  const path =
    kind < 0.3
      ? `GET ${site}/static/js/app.${hex(random, 6)}.js`
      : kind < 0.55
        ? `GET ${site}/api/products/${id}?currency=EUR`
        : kind < 0.7
          ? `GET ${site}/search?q=%22lamp+${id % 97}%22&page=${id % 9}`
          : kind < 0.85
            ? `POST ${site}/api/cart/${hex(random, 5)}`
            : kind < 0.95
              ? `GET ${site}/`
              : `GET ${site}/reports/weekly?team=${id % 40}&format=csv`
  return `${path} HTTP/${random() < 0.6 ? '2.0' : '1.1'}`
}

function seconds(ms) {
  const whole = Math.floor(ms / 1000)
  return `${whole}.${String(Math.floor(ms - whole * 1000)).padStart(3, '0')}`
}

/** `20261123T0205Z`: the end of the five minutes. */
function stamp(ms) {
  return `${new Date(ms).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`
}

const BYTES = Array.from({ length: 65_536 }, (_, n) => n.toString(16).padStart(4, '0'))

function hex(random, digits) {
  let text = ''
  while (text.length + 4 <= digits) text += BYTES[(random() * 65_536) | 0]
  const rest = digits - text.length
  return rest > 0 ? text + BYTES[(random() * 65_536) | 0].slice(0, rest) : text
}

/** mulberry32: small, fast, the same everywhere. */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

// --- command -------------------------------------------------------------------------------------------------------

if (!isMainThread) {
  parentPort?.on('message', async (task) => parentPort?.postMessage(await writeOneFile(task, workerData)))
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '2000000' },
      'rows-per-file': { type: 'string', default: '50000' },
      out: { type: 'string', default: 'bench-data' },
      as: { type: 'string', default: 'gzip,plain' },
      seed: { type: 'string', default: '1' },
    },
  })
  const started = performance.now()
  const manifest = await generate({
    rows: Number(values.rows),
    rowsPerFile: Number(values['rows-per-file']),
    out: values.out,
    as: values.as.split(','),
    seed: Number(values.seed),
  })
  const took = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    `${manifest.rows} rows in ${manifest.files} files in ${took} s: ${JSON.stringify(manifest.bytes)} ${values.out}`,
  )
}
