/**
 * The hot path: rows of ALB access logs, bytes in, columns out. Hand-written because a table-driven splitter costs
 * three times as much per row (docs/performance.md). A row takes the fast path when it looks like its predecessor in
 * the places that hardly ever change; everything else, and every failure, goes through the exact slow path, so a wrong
 * guess costs time and never truth. `request-scanner.test.ts` holds both paths against each other.
 */
import { type HashIndex, SEED_HIGH, SEED_LOW } from '../core/hash-index.ts'
import {
  BATCH_ROWS,
  type Entities,
  FLAG_CLASSIC,
  FLAG_GRPC,
  FLAG_WEBSOCKET,
  makeBatch,
  type RequestBatch,
  type RowDetail,
} from '../core/request-batch.ts'
import { parseTimestampAt } from '../core/timestamp.ts'
import {
  findBlank,
  findQuote,
  hashBytes,
  hashHigh,
  hashLow,
  hashUntilQuery,
  makePattern,
  matches,
  type Pattern,
} from './byte-words.ts'
import { createEntityIndex } from './entity-index.ts'
import { splitRow } from './parse-row.ts'
import { isNodeAddress, type RequestFields, readRequestFields } from './request-fields.ts'

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

const SPACE = 32
const QUOTE = 34
const NEWLINE = 10
const CARRIAGE_RETURN = 13
const BACKSLASH = 92
const DASH = 45
/** First four bytes of a type, little-endian. */
const HTTP = wordOf('http')
const GRPC = wordOf('grpc')
/** ` HTTP/1.` and ` HTTP/2.`. */
const VERSION_1 = doubleOf(' HTTP/1.')
const VERSION_2 = doubleOf(' HTTP/2.')
/** Fields of known length that may be read without asking where the memory ends. */
const SLACK = 160
/** Target groups times ciphers, mostly; tried one after the other, frequent ones first. */
const MOST_SHAPES = 256
const MOST_LOAD_BALANCERS = 16
const ROUTE_CACHE = 8_192
const MOST_CERTIFICATES = 8
/** Index of request_creation_time and of the node address, fields 22 and 34. */
const CREATION = 21
const NODE = 33
const MOST_NODES = 10_000
const UNKNOWN = -1
/** Field 34 is there and holds none: `-`. */
const NO_ADDRESS = -2

/** Text that was seen at a place before, and the id that it stands for. */
interface Known {
  readonly pattern: Pattern
  readonly id: number
}

export function createRequestScanner(sink: ScanSink, options: ScanOptions = {}): RequestScanner {
  const batch = makeBatch()
  const index = createEntityIndex()
  let isClassic = false
  let seenRows: HashIndex | undefined
  let fileNode = 0

  // What earlier rows looked like. A guess is compared byte by byte before it is believed.
  /** `app/NAME/ID `. */
  const loadBalancers: Known[] = []
  /** From behind the user agent to the trace id, ` CIPHER PROTOCOL TARGET-GROUP `, and the target group. */
  const shapes: Known[] = []
  /** ` "DOMAIN" "CERTIFICATE" `. */
  const certificates: Known[] = []
  /** From behind the creation time into the target list, ` "forward" "-" "-" "`. */
  let actions: Pattern | undefined
  /** From behind the status list to the connection trace, ` "-" "-" `. */
  let classes: Pattern | undefined
  /** From behind the connection trace to the end, ` "-" "-" "-" NODE`, and the node. */
  let ending: Known | undefined
  const nodes = new Map<number, { readonly low: number; readonly id: number }>()
  const routeHigh = new Int32Array(ROUTE_CACHE)
  const routeLow = new Int32Array(ROUTE_CACHE)
  const routeGroup = new Int32Array(ROUTE_CACHE).fill(-1)
  const routeIds = new Int32Array(ROUTE_CACHE)
  /** Rows of this input of which something was not as usual, although they were healthy. */
  let misses = 0
  /** The shape of the row was the reason for the slow path. */
  let isNewShape = false
  // Where a helper stopped reading.
  let at = 0

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
    if (p === from || p - from > 7 || bytes[p] !== 46) return -2
    const a = (bytes[p + 1] as number) ^ 48
    const b = (bytes[p + 2] as number) ^ 48
    const d = (bytes[p + 3] as number) ^ 48
    if (a > 9 || b > 9 || d > 9 || bytes[p + 4] !== SPACE) return -2
    at = p + 5
    return value * 1000 + a * 100 + b * 10 + d
  }

  function refuse(): number {
    isNewShape = true
    return -1
  }

  /** Id of the first known text at this place; a match moves one place forward, so that frequent ones are found first. */
  function known(list: Known[], view: DataView, from: number): Known | undefined {
    for (let i = 0; i < list.length; i++) {
      const one = list[i] as Known
      if (!matches(view, from, one.pattern)) continue
      if (i > 0) {
        list[i] = list[i - 1] as Known
        list[i - 1] = one
      }
      return one
    }
    return undefined
  }

  /** Position behind the quote that closes the field opened at `from`, or -1 when it is not that simple. */
  function closeQuoted(bytes: Uint8Array, view: DataView, from: number): number {
    const close = findQuote(view, from + 1, view.byteLength)
    return close === -1 || bytes[close - 1] === BACKSLASH ? -1 : close + 1
  }

  /**
   * Reads a healthy row and returns where its newline is. -1: the row needs the slow path, nothing is written. Whatever
   * is read must be what {@link readRequestFields} reads; what only failures need is checked for its shape and skipped.
   */
  function fastRow(bytes: Uint8Array, view: DataView, from: number, size: number): number {
    const limit = view.byteLength
    if (from + 2 * SLACK > limit) return -1
    let flags = 0
    let p = from
    const word = view.getInt32(from, true)
    if (word === HTTP) p += bytes[from + 4] === SPACE ? 5 : bytes[from + 4] === 115 ? 6 : 0
    else if ((word & 0xffffff) === 0x203268) p += 3
    else if (word === GRPC && bytes[from + 4] === 115) {
      flags = FLAG_GRPC
      p += 6
    } else if ((word & 0xffff) === 0x7377) {
      flags = FLAG_WEBSOCKET
      p += bytes[from + 2] === SPACE ? 3 : bytes[from + 2] === 115 ? 4 : 0
    }
    if (p === from || bytes[p - 1] !== SPACE) return -1
    const end = parseTimestampAt(view, p)
    if (Number.isNaN(end) || bytes[p + 27] !== SPACE) return -1
    p += 28
    const loadBalancer = known(loadBalancers, view, p)
    if (loadBalancer === undefined) return refuse()
    p += loadBalancer.pattern.length
    // The client is skipped: an address and a port, or nothing.
    if (bytes[p] === QUOTE) return -1
    let q = findBlank(view, p, limit)
    if (q === -1 || bytes[q] !== SPACE) return -1
    p = q + 1
    q = findBlank(view, p, limit)
    if (q <= p || q + SLACK > limit || bytes[q] !== SPACE || bytes[p] === DASH || bytes[p] === QUOTE) return -1
    const target = index.target(view, p, q)
    const requestMs = fastSeconds(bytes, q + 1)
    if (requestMs === -2) return -1
    const targetMs = fastSeconds(bytes, at)
    if (targetMs === -2) return -1
    const responseMs = fastSeconds(bytes, at)
    if (responseMs === -2) return -1
    p = at
    const elbStatus = threeDigits(bytes, p)
    const targetStatus = threeDigits(bytes, p + 4)
    // Failures and whatever the load balancer answered itself carry details: slow path.
    if (elbStatus < 100 || elbStatus > 499 || elbStatus === 460 || targetStatus < 100) return -1
    if (bytes[p + 3] !== SPACE || bytes[p + 7] !== SPACE) return -1
    p += 8
    const receivedAt = p
    let received = 0
    let c = 0
    while ((c = (bytes[p] as number) ^ 48) <= 9) {
      received = received * 10 + c
      p++
    }
    if (p === receivedAt || p - receivedAt > 15 || bytes[p] !== SPACE) return -1
    const sentAt = ++p
    let sent = 0
    while ((c = (bytes[p] as number) ^ 48) <= 9) {
      sent = sent * 10 + c
      p++
    }
    if (p === sentAt || p - sentAt > 15 || bytes[p] !== SPACE || bytes[p + 1] !== QUOTE) return -1
    // `"GET https://www.shop.example:443/cart?id=7 HTTP/1.1"`; a malformed request begins with a dash.
    const requestStart = p + 2
    if (bytes[requestStart] === DASH) return -1
    q = hashUntilQuery(view, requestStart, limit, SEED_HIGH, SEED_LOW)
    if (q === -1 || bytes[q] !== SPACE) return -1
    const pathEnd = hashUntilQuery(view, q + 1, limit, hashHigh, hashLow)
    if (pathEnd === -1 || pathEnd + SLACK > limit) return -1
    const [urlHigh, urlLow] = [hashHigh, hashLow]
    const version = view.getFloat64(pathEnd, true)
    q =
      (version === VERSION_1 || version === VERSION_2) &&
      bytes[pathEnd + 9] === QUOTE &&
      (bytes[pathEnd + 8] as number) >= 48
        ? pathEnd + 9
        : findQuote(view, pathEnd, limit)
    if (q === -1 || q + SLACK > limit) return -1
    if (bytes[q - 1] === BACKSLASH || bytes[q + 1] !== SPACE || bytes[q + 2] !== QUOTE) return -1
    p = closeQuoted(bytes, view, q + 2)
    if (p === -1) return -1
    const shape = known(shapes, view, p)
    if (shape === undefined) return refuse()
    p += shape.pattern.length
    if (bytes[p] !== QUOTE) return -1
    p = closeQuoted(bytes, view, p)
    if (p === -1 || p + 2 * SLACK > limit) return -1
    let isGuessed = true
    const certificate = known(certificates, view, p)
    if (certificate !== undefined) p += certificate.pattern.length
    else {
      isGuessed = false
      for (let field = 0; field < 2; field++) {
        if (bytes[p] !== SPACE || bytes[p + 1] !== QUOTE) return -1
        p = closeQuoted(bytes, view, p + 1)
        if (p === -1) return -1
      }
      if (bytes[p] !== SPACE) return -1
      p++
    }
    if (bytes[p] === QUOTE) return -1
    q = findBlank(view, p, limit)
    if (q === -1 || bytes[q] !== SPACE) return -1
    const start = parseTimestampAt(view, q + 1)
    if (Number.isNaN(start)) return -1
    p = q + 28
    let node = fileNode
    let last = guessTail(bytes, view, p)
    if (last !== -1) node = (ending as Known).id
    else {
      isGuessed = false
      last = walkTail(bytes, view, p)
      if (last === -1) return -1
      if (nodeStart > 0) {
        node = knownNode(view, nodeStart, nodeEnd)
        if (node === UNKNOWN) return refuse()
        if (node === NO_ADDRESS) node = fileNode
      }
    }
    const newline = bytes[last] === CARRIAGE_RETURN ? last + 1 : last
    if (newline >= size || bytes[newline] !== NEWLINE) return -1
    // What is unusual is learnt ever more rarely (1st, 2nd, 4th, 8th time): it may well never be seen again.
    if (!isGuessed && (++misses & (misses - 1)) === 0) learn(text(bytes, from, last))

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
    batch.flow[i] = index.flow(loadBalancer.id, shape.id, target, node)
    batch.route[i] = cachedRoute(view, requestStart, pathEnd, urlHigh, urlLow, shape.id)
    batch.flags[i] = flags
    return newline
  }

  function cachedRoute(
    view: DataView,
    from: number,
    to: number,
    high: number,
    low: number,
    targetGroup: number,
  ): number {
    const slot = (high ^ Math.imul(targetGroup, 0x9e3779b1)) & (ROUTE_CACHE - 1)
    if (routeHigh[slot] === high && routeLow[slot] === low && routeGroup[slot] === targetGroup)
      return routeIds[slot] as number
    const id = index.route(view, from, to, targetGroup)
    routeHigh[slot] = high
    routeLow[slot] = low
    routeGroup[slot] = targetGroup
    routeIds[slot] = id
    return id
  }

  /**
   * ` "forward" "-" "-" "10.0.2.8:8080" "200" "-" "-" TID_657ff194f5a32fe367f7d3e6f3e85a0d "-" "-" "-" 10.29.0.11`:
   * end of the row when all of it looks as usual, or -1.
   */
  function guessTail(bytes: Uint8Array, view: DataView, from: number): number {
    if (actions === undefined || classes === undefined || ending === undefined) return -1
    if (!matches(view, from, actions)) return -1
    const targetsEnd = closeQuoted(bytes, view, from + actions.length - 1)
    if (targetsEnd === -1 || bytes[targetsEnd] !== SPACE || bytes[targetsEnd + 1] !== QUOTE) return -1
    const statusesEnd = closeQuoted(bytes, view, targetsEnd + 1)
    if (statusesEnd === -1 || !matches(view, statusesEnd, classes)) return -1
    const trace = statusesEnd + classes.length
    if (bytes[trace] === QUOTE) return -1
    const traceEnd = findBlank(view, trace, view.byteLength)
    if (traceEnd === -1 || !matches(view, traceEnd, ending.pattern)) return -1
    const last = traceEnd + ending.pattern.length
    return bytes[last] === NEWLINE || bytes[last] === CARRIAGE_RETURN ? last : -1
  }

  // Field 34 of the row that walkTail read; 0 when there is none.
  let nodeStart = 0
  let nodeEnd = 0
  /** End of the row that goes on behind the creation time at `from`, or -1 when its fields are not plain. */
  function walkTail(bytes: Uint8Array, view: DataView, from: number): number {
    nodeStart = 0
    let p = from
    for (let field = CREATION + 1; bytes[p] === SPACE; field++) {
      const fieldStart = p + 1
      p =
        bytes[fieldStart] === QUOTE
          ? closeQuoted(bytes, view, fieldStart)
          : findBlank(view, fieldStart, view.byteLength)
      if (p === -1) return -1
      if (field === NODE) {
        nodeStart = fieldStart
        nodeEnd = p
      }
    }
    return bytes[p] === NEWLINE || (bytes[p] === CARRIAGE_RETURN && bytes[p + 1] === NEWLINE) ? p : -1
  }

  function knownNode(view: DataView, from: number, to: number): number {
    hashBytes(view, from, to, SEED_HIGH, SEED_LOW)
    const found = nodes.get(hashHigh)
    return found !== undefined && found.low === hashLow ? found.id : UNKNOWN
  }

  /** Remembers what a row looks like, for the fast path. */
  function learn(row: string): void {
    const tokens = splitRow(row)
    if (tokens.length <= CREATION || tokens.at(-1)?.isCut) return
    const starts: number[] = []
    let next = 0
    for (const token of tokens) {
      starts.push(next)
      next += token.raw.length + (token.isQuoted ? 2 : 0) + 1
    }
    const between = (first: number, last: number, more = 0): Pattern | undefined =>
      makePattern(row.slice((starts[first] as number) - 1, (starts[last] as number) + more))
    const raw = (field: number): string => tokens[field]?.raw ?? ''
    if (raw(2).includes('/'))
      remember(loadBalancers, makePattern(`${raw(2)} `), index.intern(raw(2)), MOST_LOAD_BALANCERS)
    if (raw(16) !== '-' && raw(16) !== '') remember(shapes, between(14, 17), index.intern(raw(16)), MOST_SHAPES)
    if (tokens[18]?.isQuoted && tokens[19]?.isQuoted) remember(certificates, between(18, 20), 0, MOST_CERTIFICATES)
    if (tokens.length <= NODE) return
    const node = isNodeAddress(raw(NODE)) ? index.intern(raw(NODE)) : NO_ADDRESS
    if (tokens[NODE]?.isQuoted) return
    if (nodes.size < MOST_NODES) {
      const bytes = viewOf(raw(NODE))
      hashBytes(bytes, 0, bytes.byteLength, SEED_HIGH, SEED_LOW)
      nodes.set(hashHigh, { low: hashLow, id: node })
    }
    actions = tokens[25]?.isQuoted ? between(22, 25, 1) : undefined
    classes = between(27, 29)
    const pattern = makePattern(row.slice((starts[30] as number) - 1))
    ending = pattern && node !== NO_ADDRESS ? { pattern, id: node } : undefined
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
    const targetGroup = index.intern(fields.targetGroup)
    const target = fields.target === '' ? 0 : index.target(viewOf(fields.target), 0, Buffer.byteLength(fields.target))
    const node = fields.node === '' ? fileNode : index.intern(fields.node)
    const route = index.route(viewOf(fields.request), 0, Buffer.byteLength(fields.request), targetGroup)

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
    batch.flow[i] = index.flow(index.intern(fields.loadBalancer), targetGroup, target, node)
    batch.route[i] = route
    batch.flags[i] =
      (isClassic ? FLAG_CLASSIC : 0) |
      (fields.type === 'ws' || fields.type === 'wss' ? FLAG_WEBSOCKET : 0) |
      (fields.type.startsWith('grpc') ? FLAG_GRPC : 0)
    if (fields.elbStatus >= 400 && (fields.elbStatus >= 500 || fields.elbStatus === 460 || fields.targetStatus === 0))
      batch.details.push(detailOf(fields, i, text))
    return true
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
    entities: index.entities,
    beginInput(format, nodeFromName, seen) {
      seenRows = seen
      isClassic = format === 'classic'
      fileNode = index.intern(nodeFromName)
      misses = 0
    },
    scanLines(block, firstRow) {
      let from = 0
      let row = firstRow
      const size = block.length
      // To the end of its memory: words at the end of the last row reach over it.
      const view = new DataView(block.buffer, block.byteOffset)
      const isFast = !isClassic && seenRows === undefined && options.acceptsRequest === undefined
      while (from < size) {
        isNewShape = false
        if (isFast) {
          const newline = fastRow(block, view, from, size)
          if (newline !== -1) {
            push(row++)
            from = newline + 1
            continue
          }
        }
        let to = block.indexOf(NEWLINE, from)
        if (to === -1) to = size
        const next = to + 1
        if (block[to - 1] === CARRIAGE_RETURN && to > from) to--
        if (to > from) {
          if (seenRows !== undefined && isRepeated(seenRows, view, from, to)) sink.onSkipped('repeated', row)
          else {
            const line = text(block, from, to)
            if (slowRow(line, row)) {
              push(row)
              if (isNewShape) learn(line)
            }
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

function remember(list: Known[], pattern: Pattern | undefined, id: number, most: number): void {
  if (pattern === undefined || list.some((one) => one.id === id && isSame(one.pattern, pattern))) return
  if (list.length >= most) list.pop()
  list.push({ pattern, id })
}

function isSame(one: Pattern, other: Pattern): boolean {
  return one.length === other.length && matches(one.words, 0, other)
}

function viewOf(text: string): DataView {
  const bytes = Buffer.from(text)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function isRepeated(seen: HashIndex, view: DataView, from: number, to: number): boolean {
  hashBytes(view, from, to, SEED_HIGH, SEED_LOW)
  if (seen.get(hashHigh, hashLow) !== -1) return true
  seen.set(hashHigh, hashLow, 0)
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

function threeDigits(bytes: Uint8Array, at: number): number {
  const a = (bytes[at] as number) ^ 48
  const b = (bytes[at + 1] as number) ^ 48
  const c = (bytes[at + 2] as number) ^ 48
  return a > 9 || b > 9 || c > 9 ? -1 : a * 100 + b * 10 + c
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
}

function doubleOf(eight: string): number {
  return viewOf(eight).getFloat64(0, true)
}

function wordOf(four: string): number {
  return viewOf(four).getInt32(0, true)
}
