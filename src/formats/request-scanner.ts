/**
 * The hot path: rows of ALB access logs, bytes in, columns out. Hand-written because a table-driven splitter costs
 * three times as much per row (docs/performance.md). A row takes the fast path when it looks like its predecessor in
 * the places that hardly ever change; everything else, and every failure, goes through the exact slow path, so a wrong
 * guess costs time and never truth. `request-scanner.test.ts` holds both paths against each other.
 */
import { HashIndex, SEED_HIGH, SEED_LOW } from '../core/hash-index.ts'
import {
  BATCH_ROWS,
  type Entities,
  FLAG_CLASSIC,
  FLAG_GRPC,
  FLAG_WEBSOCKET,
  type Flow,
  makeBatch,
  type RequestBatch,
  type Route,
  type RowDetail,
} from '../core/request-batch.ts'
import { parseTimestampBytes } from '../core/timestamp.ts'
import { type RequestFields, readRequestFields } from './request-fields.ts'

export interface RequestScanner {
  readonly entities: Entities
  /**
   * `nodeFromName`: address of the node whose file this is; used where the row has none. `seen`: rows in it are skipped,
   * and new ones added (exact, by all bytes of the row).
   */
  beginInput(format: 'alb' | 'classic', nodeFromName: string, seen?: HashIndex): void
  /** Whole lines; only the last may lack its newline. */
  scanLines(block: Buffer, firstRow: number): number
  flush(): void
}

export interface ScanOptions {
  /** Rows whose request line does not pass are skipped; forces the slow path. */
  readonly acceptsRequest?: (requestLine: string) => boolean
}

export interface ScanSink {
  /** The batch is overwritten when this returns. */
  onBatch(batch: RequestBatch): void
  onBad(text: string, row: number): void
  /** A row that was seen before, or that `acceptsRequest` refused. */
  onSkipped(why: 'repeated' | 'filtered', row: number): void
}

const MAX_ROUTES = 20_000
const MAX_GROUPS = 16
const SPACE = 32
const QUOTE = 34
const NEWLINE = 10
const CARRIAGE_RETURN = 13

export function createRequestScanner(sink: ScanSink, options: ScanOptions = {}): RequestScanner {
  const batch = makeBatch()
  const flows: Flow[] = []
  const routes: Route[] = []
  const flowIndex = new HashIndex()
  const routeIndex = new HashIndex(4_096)
  const targetIndex = new HashIndex()
  const targets: string[] = ['']
  const names = new Map<string, number>([['', 0]])
  const strings: string[] = ['']
  let otherRoute = -1
  let isClassic = false
  let seenRows: HashIndex | undefined
  let fileNode = 0

  // What the previous row looked like.
  let lbLength = 0
  let lbId = 0
  let lbTail0 = 0
  let lbTail1 = 0
  // ... of `CIPHER PROTOCOL ` in a row with TLS; rows without it have `- - `.
  let tlsLength = 0
  // ... and of ` "domain" "certificate" priority ` in a row without and with TLS.
  const certLengths = [-1, -1]
  // The target groups seen in this file, the last one first tried: several behind one load balancer are normal.
  let groupCount = 0
  let lastGroup = 0
  const groupId = new Int32Array(MAX_GROUPS)
  const groupLength = new Int32Array(MAX_GROUPS)
  const groupTail0 = new Int32Array(MAX_GROUPS)
  const groupTail1 = new Int32Array(MAX_GROUPS)
  let nodeBytes = new Uint8Array(0)
  let nodeId = 0
  // Where a helper stopped reading.
  let at = 0
  // The route that scanRoute read last.
  let routeHigh = 0
  let routeLow = 0
  let routeStart = 0
  let methodEnd = 0
  let pathStart = 0
  let pathEnd = 0

  function intern(text: string): number {
    let id = names.get(text)
    if (id === undefined) {
      id = strings.length
      strings.push(text)
      names.set(text, id)
    }
    return id
  }

  function internTarget(bytes: Uint8Array, from: number, to: number): number {
    let high = SEED_HIGH
    let low = SEED_LOW
    for (let i = from; i < to; i++) {
      const c = bytes[i] as number
      high = Math.imul(high ^ c, 0x01000193)
      low = Math.imul(low + c, 0x85ebca6b) ^ (low >>> 13)
    }
    let id = targetIndex.get(high, low)
    if (id === -1) {
      id = targets.length
      targets.push(utf8(bytes, from, to))
      targetIndex.set(high, low, id)
    }
    return id
  }

  function flowOf(lb: number, tg: number, target: number, node: number): number {
    const high = Math.imul(target + 1, 0x9e3779b1) ^ Math.imul(node + 1, 0x85ebca6b)
    const low = Math.imul(tg + 1, 0xc2b2ae35) ^ Math.imul(lb + 1, 0x27d4eb2f) ^ Math.imul(target + 7, 0x165667b1)
    const known = flowIndex.get(high, low)
    if (known !== -1) {
      const flow = flowKeys[known] as number[]
      if (flow[0] === lb && flow[1] === tg && flow[2] === target && flow[3] === node) return known
      return flowBySearch(lb, tg, target, node)
    }
    flowIndex.set(high, low, flows.length)
    return addFlow(lb, tg, target, node)
  }

  const flowKeys: number[][] = []
  function addFlow(lb: number, tg: number, target: number, node: number): number {
    flowKeys.push([lb, tg, target, node])
    return (
      flows.push({
        loadBalancer: strings[lb] as string,
        targetGroup: strings[tg] as string,
        target: targets[target] as string,
        node: strings[node] as string,
      }) - 1
    )
  }
  /** Two flows with one hash: ids are small and mixed without a seed, so this may happen, and stays exact. */
  function flowBySearch(lb: number, tg: number, target: number, node: number): number {
    const found = flowKeys.findIndex((key) => key[0] === lb && key[1] === tg && key[2] === target && key[3] === node)
    return found === -1 ? addFlow(lb, tg, target, node) : found
  }

  /**
   * Reads the route of a request line that starts at `from` (behind its quote): method and path, with ids, hashes and
   * numbers as `*`. Leaves `at` behind the path. Never reads past `to`.
   */
  function scanRoute(bytes: Uint8Array, from: number, to: number): void {
    let p = from
    let high = SEED_HIGH
    let low = SEED_LOW
    let c = 0
    while (p < to && (c = bytes[p] as number) !== SPACE && c !== QUOTE) {
      high = Math.imul(high ^ c, 0x01000193)
      low = Math.imul(low + c, 0x85ebca6b) ^ (low >>> 13)
      p++
    }
    routeStart = from
    methodEnd = p
    p++
    // `https://host:443/path`; a request line without a scheme starts with its path.
    if (bytes[p] !== 47) {
      while (p < to && (c = bytes[p] as number) !== 47 && c !== SPACE && c !== QUOTE) p++
      if (bytes[p] === 47 && bytes[p + 1] === 47) p += 2
      while (p < to && (c = bytes[p] as number) !== 47 && c !== SPACE && c !== QUOTE && c !== 63) p++
    }
    pathStart = p
    let segHigh = high
    let segLow = low
    let segStart = p
    let digits = 0
    let others = 0
    let dots = 0
    for (; p <= to; p++) {
      c = p === to ? SPACE : (bytes[p] as number)
      if (c === 47 || c === SPACE || c === 63 || c === QUOTE) {
        if (digits > 0 || p - segStart > 40) {
          const length = p - segStart
          if (isVariable(length, digits, others, dots)) {
            high = Math.imul(segHigh ^ 42, 0x01000193)
            low = Math.imul(segLow + 42, 0x85ebca6b) ^ (segLow >>> 13)
          }
        }
        if (c !== 47) break
        high = Math.imul(high ^ 47, 0x01000193)
        low = Math.imul(low + 47, 0x85ebca6b) ^ (low >>> 13)
        segHigh = high
        segLow = low
        segStart = p + 1
        digits = others = dots = 0
        continue
      }
      high = Math.imul(high ^ c, 0x01000193)
      low = Math.imul(low + c, 0x85ebca6b) ^ (low >>> 13)
      if (c >= 48 && c <= 57) digits++
      else if (c === 46) dots++
      else if (c > 102 || (c < 97 && c !== 45)) others++
    }
    at = p
    pathEnd = p
    routeHigh = high
    routeLow = low
  }

  /** The route that was just read, of a target group: the group stands behind the request line in a row. */
  function routeOf(bytes: Uint8Array, tg: number): number {
    const high = routeHigh ^ Math.imul(tg + 1, 0x9e3779b1)
    const low = (routeLow + Math.imul(tg, 0x85ebca6b)) | 0
    const known = routeIndex.get(high, low)
    if (known !== -1) return known
    if (routes.length >= MAX_ROUTES) {
      if (otherRoute === -1) otherRoute = routes.push({ text: '(other routes)', targetGroup: '' }) - 1
      return otherRoute
    }
    const method = utf8(bytes, routeStart, methodEnd)
    const path = pathEnd > pathStart ? normalisePath(utf8(bytes, pathStart, pathEnd)) : ''
    const id = routes.push({
      text: method === '-' ? '(malformed request)' : `${method} ${path || '/'}`,
      targetGroup: strings[tg] as string,
    })
    routeIndex.set(high, low, id - 1)
    return id - 1
  }

  /** ms of `0.123` or `-1` up to the next space; -2 when it has another shape. Leaves `at` behind the space. */
  function fastSeconds(bytes: Uint8Array, from: number): number {
    if (bytes[from] === 45) {
      at = from + 3
      return bytes[from + 1] === 49 && bytes[from + 2] === SPACE ? -1 : -2
    }
    let p = from
    let value = 0
    let c = 0
    while ((c = (bytes[p] as number) ^ 48) <= 9) {
      value = value * 10 + c
      p++
    }
    if (p === from || bytes[p] !== 46) return -2
    const a = (bytes[p + 1] as number) ^ 48
    const b = (bytes[p + 2] as number) ^ 48
    const d = (bytes[p + 3] as number) ^ 48
    if (a > 9 || b > 9 || d > 9 || bytes[p + 4] !== SPACE) return -2
    at = p + 5
    return value * 1000 + a * 100 + b * 10 + d
  }

  /** The known target group whose ARN fills the bytes from `from` to a space, or -1. Leaves `at` on that space. */
  function groupAt(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from - 1] !== SPACE) return -1
    for (
      let tried = 0, group = lastGroup;
      tried < groupCount;
      tried++, group = group === 0 ? groupCount - 1 : group - 1
    ) {
      const end = from + (groupLength[group] as number)
      if (end + 100 > to || bytes[end] !== SPACE || tail(bytes, end) !== groupTail0[group]) continue
      if (tail(bytes, end - 4) !== groupTail1[group]) continue
      lastGroup = group
      at = end
      return group
    }
    return -1
  }

  /** Returns false when the row needs the slow path; nothing is written then. */
  function fastRow(bytes: Buffer, from: number, to: number): boolean {
    if (to - from < 300) return false
    let p = from
    const type = bytes[p] as number
    while ((bytes[p] as number) > SPACE) p++
    if (p - from > 8) return false
    p++
    const end = parseTimestampBytes(bytes, p)
    if (Number.isNaN(end) || bytes[p + 27] !== SPACE) return false
    p += 28
    let q = p + lbLength
    if (bytes[q] !== SPACE || tail(bytes, q) !== lbTail0 || tail(bytes, q - 4) !== lbTail1) return false
    p = q + 10
    while ((bytes[p] as number) > SPACE) p++
    p++
    q = p
    while ((bytes[q] as number) > SPACE) q++
    if (bytes[p] === 45 || q - p < 9) return false
    const target = internTarget(bytes, p, q)
    const requestMs = fastSeconds(bytes, q + 1)
    if (requestMs === -2) return false
    const targetMs = fastSeconds(bytes, at)
    if (targetMs === -2) return false
    const responseMs = fastSeconds(bytes, at)
    if (responseMs === -2) return false
    p = at
    const elbStatus = threeDigits(bytes, p)
    const targetStatus = threeDigits(bytes, p + 4)
    // Failures and whatever the load balancer answered itself carry details: slow path.
    if (elbStatus < 100 || elbStatus > 499 || elbStatus === 460 || targetStatus < 100) return false
    if (bytes[p + 3] !== SPACE || bytes[p + 7] !== SPACE) return false
    p += 8
    let received = 0
    let c = 0
    while ((c = (bytes[p] as number) ^ 48) <= 9) {
      received = received * 10 + c
      p++
    }
    if (bytes[p++] !== SPACE) return false
    let sent = 0
    while ((c = (bytes[p] as number) ^ 48) <= 9) {
      sent = sent * 10 + c
      p++
    }
    if (bytes[p] !== SPACE || bytes[p + 1] !== QUOTE) return false
    scanRoute(bytes, p + 2, to)
    p = at
    p = bytes[p] === SPACE && bytes[p + 9] === QUOTE ? p + 9 : bytes.indexOf(QUOTE, p)
    if (p < 0 || bytes[p + 1] !== SPACE || bytes[p + 2] !== QUOTE) return false
    p = bytes.indexOf(QUOTE, p + 3)
    if (p < 0 || bytes[p + 1] !== SPACE) return false
    // `CIPHER PROTOCOL ARN `.
    p += 2
    const isTls = bytes[p] === 45 && bytes[p + 1] === SPACE ? 0 : 1
    let group = groupAt(bytes, isTls === 0 ? p + 4 : p + tlsLength, to)
    if (group === -1 && isTls === 1) {
      q = p
      while ((bytes[q] as number) > SPACE) q++
      q++
      while ((bytes[q] as number) > SPACE) q++
      q++
      group = groupAt(bytes, q, to)
      if (group !== -1) tlsLength = q - p
    }
    if (group === -1) return false
    q = at
    const tgId = groupId[group] as number
    p = q + 1
    if (
      bytes[p] === QUOTE &&
      bytes[p + 41] === QUOTE &&
      bytes[p + 6] === 49 &&
      bytes[p + 7] === 45 &&
      bytes[p + 16] === 45
    )
      p += 42
    else {
      if (bytes[p] !== QUOTE) return false
      p = bytes.indexOf(QUOTE, p + 1) + 1
      if (p === 0) return false
    }
    if (bytes[p] !== SPACE) return false
    // ` "domain" "certificate" priority `.
    q = p + (certLengths[isTls] as number)
    let start =
      q + 27 < to && bytes[q - 1] === SPACE && bytes[q + 27] === SPACE ? parseTimestampBytes(bytes, q) : Number.NaN
    if (Number.isNaN(start)) {
      q = walkToCreation(bytes, p, to)
      if (q === -1) return false
      start = parseTimestampBytes(bytes, q)
      if (Number.isNaN(start)) return false
      certLengths[isTls] = q - p
    }
    const elapsed = end - start
    if (!(elapsed > -1_000 && elapsed < 4_100_000) || q + 27 > to) return false
    // Fields 35 and 36 may follow the node address; ` -` each when nothing was reset.
    let last = to
    while (bytes[last - 1] === 45 && bytes[last - 2] === SPACE) last -= 2
    let node = fileNode
    if (bytes[last - 1] !== QUOTE) {
      const length = nodeBytes.length
      if (length === 0 || bytes[last - length - 1] !== SPACE) return false
      for (let i = 1; i <= length; i++) if (bytes[last - i] !== nodeBytes[length - i]) return false
      node = nodeId
    } else if (nodeBytes.length > 0) return false

    const i = batch.length
    batch.start[i] = start
    batch.end[i] = end
    batch.requestMs[i] = requestMs
    batch.targetMs[i] = targetMs
    batch.responseMs[i] = responseMs
    batch.elbStatus[i] = elbStatus
    batch.targetStatus[i] = targetStatus
    batch.receivedBytes[i] = received
    batch.sentBytes[i] = sent
    batch.flow[i] = flowOf(lbId, tgId, target, node)
    batch.route[i] = routeOf(bytes, tgId)
    batch.flags[i] = type === 119 ? FLAG_WEBSOCKET : type === 103 ? FLAG_GRPC : 0
    return true
  }

  function slowRow(text: string, row: number): boolean {
    const fields = readRequestFields(text, isClassic)
    if (fields === undefined) {
      sink.onBad(text, row)
      return false
    }
    if (options.acceptsRequest && !options.acceptsRequest(fields.request)) {
      sink.onSkipped('filtered', row)
      return false
    }
    const lb = intern(fields.loadBalancer)
    const tg = intern(fields.targetGroup)
    const targetBytes = Buffer.from(fields.target)
    const target = fields.target === '' ? 0 : internTarget(targetBytes, 0, targetBytes.length)
    const node = fields.node === '' ? fileNode : intern(fields.node)
    const request = Buffer.from(fields.request)
    scanRoute(request, 0, request.length)
    const route = routeOf(request, tg)
    learn(fields, text, lb, tg, node)

    const i = batch.length
    batch.start[i] = fields.start
    batch.end[i] = fields.end
    batch.requestMs[i] = fields.requestMs
    batch.targetMs[i] = fields.targetMs
    batch.responseMs[i] = fields.responseMs
    batch.elbStatus[i] = fields.elbStatus
    batch.targetStatus[i] = fields.targetStatus
    batch.receivedBytes[i] = fields.receivedBytes
    batch.sentBytes[i] = fields.sentBytes
    batch.flow[i] = flowOf(lb, tg, target, node)
    batch.route[i] = route
    batch.flags[i] =
      (isClassic ? FLAG_CLASSIC : 0) |
      (fields.type === 'ws' || fields.type === 'wss' ? FLAG_WEBSOCKET : 0) |
      (fields.type.startsWith('grpc') ? FLAG_GRPC : 0)
    if (fields.elbStatus >= 400 && (fields.elbStatus >= 500 || fields.elbStatus === 460 || fields.targetStatus === 0))
      batch.details.push(detailOf(fields, i, text))
    return true
  }

  /** Remembers the shape of this row for the fast path. */
  function learn(fields: RequestFields, text: string, lb: number, tg: number, node: number): void {
    if (isClassic || fields.fieldCount < 22 || fields.targetGroup === '') return
    if (fields.elbStatus >= 400 && fields.targetStatus === 0) return
    const bytes = Buffer.from(text)
    const arn = bytes.indexOf(` ${fields.targetGroup} "`, 100, 'latin1')
    const agentEnd = fields.userAgentEnd
    if (arn === -1 || agentEnd === -1 || bytes.length !== text.length) return
    lbId = lb
    lbLength = fields.loadBalancer.length
    const lbEnd = bytes.indexOf(fields.loadBalancer, 20, 'latin1') + lbLength
    lbTail0 = tail(bytes, lbEnd)
    lbTail1 = tail(bytes, lbEnd - 4)
    learnGroup(bytes, arn + 1, fields.targetGroup.length, tg)
    if (bytes[agentEnd + 2] !== 45) tlsLength = arn - agentEnd - 1
    nodeId = node
    nodeBytes = fields.node === '' ? new Uint8Array(0) : Buffer.from(fields.node, 'latin1')
  }

  function learnGroup(bytes: Uint8Array, from: number, length: number, tg: number): void {
    let group = groupId.subarray(0, groupCount).indexOf(tg)
    if (group === -1) group = groupCount < MAX_GROUPS ? groupCount++ : (lastGroup + 1) % MAX_GROUPS
    groupId[group] = tg
    groupLength[group] = length
    groupTail0[group] = tail(bytes, from + length)
    groupTail1[group] = tail(bytes, from + length - 4)
    lastGroup = group
  }

  function push(row: number): void {
    batch.row[batch.length] = row
    if (++batch.length === BATCH_ROWS) flush()
  }

  function flush(): void {
    if (batch.length === 0) return
    sink.onBatch(batch)
    batch.length = 0
    if (batch.details.length > 0) batch.details = []
  }

  return {
    entities: { flows, routes },
    beginInput(format, nodeFromName, seen) {
      seenRows = seen
      isClassic = format === 'classic'
      fileNode = intern(nodeFromName)
      nodeBytes = new Uint8Array(0)
      lbLength = 0
      tlsLength = 0
      groupCount = 0
      lastGroup = 0
      certLengths.fill(-1)
    },
    scanLines(block, firstRow) {
      let from = 0
      let row = firstRow
      const size = block.length
      while (from < size) {
        let to = block.indexOf(NEWLINE, from)
        if (to === -1) to = size
        const next = to + 1
        if (block[to - 1] === CARRIAGE_RETURN && to > from) to--
        if (to > from) {
          if (seenRows !== undefined && isRepeated(seenRows, block, from, to)) sink.onSkipped('repeated', row)
          else if (!isClassic && lbLength > 0 && !options.acceptsRequest && fastRow(block, from, to)) push(row)
          else {
            const text = block.toString('utf8', from, to)
            if (slowRow(text, row)) push(row)
          }
        }
        row++
        from = next
      }
      return row - firstRow
    },
    flush,
  }
}

function isRepeated(seen: HashIndex, bytes: Uint8Array, from: number, to: number): boolean {
  let high = SEED_HIGH
  let low = SEED_LOW
  for (let i = from; i < to; i++) {
    const c = bytes[i] as number
    high = Math.imul(high ^ c, 0x01000193)
    low = Math.imul(low + c, 0x85ebca6b) ^ (low >>> 13)
  }
  if (seen.get(high, low) !== -1) return true
  seen.set(high, low, 0)
  return false
}

function detailOf(fields: RequestFields, index: number, text: string): RowDetail {
  return {
    index,
    text,
    client: fields.client,
    request: fields.request === '' ? undefined : fields.request,
    userAgent: fields.userAgent,
    traceId: fields.traceId,
    actions: fields.actions,
    errorReason: fields.errorReason,
    classification: fields.classification,
    classificationReason: fields.classificationReason,
    hasTargetGroup: fields.hasTargetGroup,
    contradictions: fields.contradictions,
  }
}

/** Position of the creation time behind ` "domain" "certificate" priority `, or -1. */
function walkToCreation(bytes: Buffer, from: number, to: number): number {
  let p = from
  for (let field = 0; field < 2; field++) {
    if (bytes[p] !== SPACE || bytes[p + 1] !== QUOTE) return -1
    p = bytes.indexOf(QUOTE, p + 2) + 1
    if (p === 0 || p > to) return -1
  }
  if (bytes[p] !== SPACE) return -1
  p++
  while (p < to && (bytes[p] as number) > SPACE) p++
  return p < to ? p + 1 : -1
}

/** The four bytes that end before `end`, as one number. */
function tail(bytes: Uint8Array, end: number): number {
  return (
    (bytes[end - 1] as number) |
    ((bytes[end - 2] as number) << 8) |
    ((bytes[end - 3] as number) << 16) |
    ((bytes[end - 4] as number) << 24)
  )
}

function threeDigits(bytes: Uint8Array, at: number): number {
  const a = (bytes[at] as number) ^ 48
  const b = (bytes[at + 1] as number) ^ 48
  const c = (bytes[at + 2] as number) ^ 48
  return a > 9 || b > 9 || c > 9 ? -1 : a * 100 + b * 10 + c
}

/** A path segment that names one thing of many: a number, an id, a hash, a date. */
function isVariable(length: number, digits: number, others: number, dots: number): boolean {
  if (length > 40) return true
  if (digits === 0) return false
  return digits === length || (others === 0 && dots === 0 && length >= 8) || (digits >= 3 && dots === 0)
}

function normalisePath(path: string): string {
  return path
    .split('/')
    .map((segment) => {
      const digits = countMatches(segment, /[0-9]/g)
      const dots = countMatches(segment, /\./g)
      const others = countMatches(segment, /[^0-9a-f.-]/g)
      return isVariable(segment.length, digits, others, dots) ? '*' : segment
    })
    .join('/')
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function utf8(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
}
