import { HashIndex, SEED_HIGH, SEED_LOW } from '../core/hash-index.ts'
import type { Entities, Flow, Route } from '../core/request-batch.ts'
import { hashBytes, hashHigh, hashLow } from './byte-words.ts'

/** The strings of a scanner's rows as small ids: load balancers, target groups, targets, nodes, flows, routes. */
export interface EntityIndex {
  readonly entities: Entities
  /** Load balancer, target group or node; '' is 0. */
  intern(text: string): number
  target(view: DataView, from: number, to: number): number
  flow(loadBalancer: number, targetGroup: number, target: number, node: number): number
  /** Route of a request line without its quotes; it may end behind its path. */
  route(view: DataView, from: number, to: number, targetGroup: number): number
}

const MAX_ROUTES = 20_000
const SPACE = 32
const QUOTE = 34
const SLASH = 47
const QUESTION_MARK = 63
const LONGEST_SEGMENT = 40

export function createEntityIndex(): EntityIndex {
  const flows: Flow[] = []
  const routes: Route[] = []
  const flowIndex = new HashIndex()
  const routeIndex = new HashIndex(4_096)
  const targetIndex = new HashIndex()
  const targets: string[] = ['']
  const names = new Map<string, number>([['', 0]])
  const strings: string[] = ['']
  let otherRoute = -1

  function intern(text: string): number {
    let id = names.get(text)
    if (id === undefined) {
      id = strings.length
      strings.push(text)
      names.set(text, id)
    }
    return id
  }

  function target(view: DataView, from: number, to: number): number {
    hashBytes(view, from, to, SEED_HIGH, SEED_LOW)
    const [high, low] = [hashHigh, hashLow]
    let id = targetIndex.get(high, low)
    if (id === -1) {
      id = targets.length
      targets.push(utf8(view, from, to))
      targetIndex.set(high, low, id)
    }
    return id
  }

  const flowKeys: number[] = []
  const isFlow = (id: number, lb: number, tg: number, target: number, node: number): boolean =>
    flowKeys[4 * id] === lb &&
    flowKeys[4 * id + 1] === tg &&
    flowKeys[4 * id + 2] === target &&
    flowKeys[4 * id + 3] === node

  function flow(lb: number, tg: number, target: number, node: number): number {
    const high = Math.imul(target + 1, 0x9e3779b1) ^ Math.imul(node + 1, 0x85ebca6b)
    const low = Math.imul(tg + 1, 0xc2b2ae35) ^ Math.imul(lb + 1, 0x27d4eb2f) ^ Math.imul(target + 7, 0x165667b1)
    const known = flowIndex.get(high, low)
    if (known === -1) {
      flowIndex.set(high, low, flows.length)
      return addFlow(lb, tg, target, node)
    }
    if (isFlow(known, lb, tg, target, node)) return known
    // Two flows with one hash: ids are small and mixed without a seed, so this may happen, and stays exact.
    for (let id = 0; id < flows.length; id++) if (isFlow(id, lb, tg, target, node)) return id
    return addFlow(lb, tg, target, node)
  }

  function addFlow(lb: number, tg: number, target: number, node: number): number {
    flowKeys.push(lb, tg, target, node)
    return (
      flows.push({
        loadBalancer: strings[lb] as string,
        targetGroup: strings[tg] as string,
        target: targets[target] as string,
        node: strings[node] as string,
      }) - 1
    )
  }

  /** Method and path, with ids, hashes and numbers as `*`. Reads up to the first space, quote or question mark. */
  function route(view: DataView, from: number, to: number, tg: number): number {
    let p = from
    let high = SEED_HIGH ^ Math.imul(tg + 1, 0x9e3779b1)
    let low = (SEED_LOW + tg) | 0
    for (; p < to; p++) {
      const c = view.getUint8(p)
      if (c === SPACE || c === QUOTE) break
      high = Math.imul(high ^ c, 0x01000193)
      low = (Math.imul(low, 33) + c) | 0
    }
    const methodEnd = p
    const pathStart = findPath(view, methodEnd + 1, to)
    let segHigh = high
    let segLow = low
    let segStart = pathStart
    let digits = 0
    let others = 0
    let dots = 0
    for (p = pathStart; p <= to; p++) {
      const c = p === to ? SPACE : view.getUint8(p)
      const kind = kinds[c] as number
      if (kind >= END_KINDS) {
        if (isVariable(p - segStart, digits, others, dots)) {
          high = Math.imul(segHigh ^ 42, 0x01000193)
          low = (Math.imul(segLow, 33) + 42) | 0
        }
        if (kind === PATH_END) break
        high = Math.imul(high ^ SLASH, 0x01000193)
        low = (Math.imul(low, 33) + SLASH) | 0
        segHigh = high
        segLow = low
        segStart = p + 1
        digits = others = dots = 0
        continue
      }
      high = Math.imul(high ^ c, 0x01000193)
      low = (Math.imul(low, 33) + c) | 0
      if (kind === DIGIT) digits++
      else if (kind === DOT) dots++
      else if (kind === OTHER) others++
    }
    // The halves were mixed too lightly to be told apart by their low bits.
    high = Math.imul(high ^ (low >>> 15), 0x9e3779b1)
    high ^= high >>> 15
    const known = routeIndex.get(high, low)
    if (known !== -1) return known
    if (routes.length >= MAX_ROUTES) {
      if (otherRoute === -1) otherRoute = routes.push({ text: '(other routes)', targetGroup: '' }) - 1
      return otherRoute
    }
    const method = utf8(view, from, methodEnd)
    const path = p > pathStart ? normalisePath(view, pathStart, p) : ''
    const id = routes.push({
      text: method === '-' ? '(malformed request)' : `${method} ${path || '/'}`,
      targetGroup: strings[tg] as string,
    })
    routeIndex.set(high, low, id - 1)
    return id - 1
  }

  return { entities: { flows, routes }, intern, target, flow, route }
}

/** `https://host:443/path`; a request line without a scheme starts with its path. */
function findPath(view: DataView, from: number, to: number): number {
  if (from >= to) return to
  if (view.getUint8(from) === SLASH) return from
  const p = skipToSlash(view, from, to)
  return p + 1 < to && view.getUint8(p) === SLASH && view.getUint8(p + 1) === SLASH ? skipToSlash(view, p + 2, to) : p
}

/** The next slash, or the end of the path. */
function skipToSlash(view: DataView, from: number, to: number): number {
  let p = from
  while (p < to && (kinds[view.getUint8(p)] as number) < END_KINDS) p++
  return p
}

// What a byte is to a route: the counted kinds first, then those that end a segment.
const OTHER = 0
const DIGIT = 1
const DOT = 2
const HEX_OR_DASH = 3
const END_KINDS = 4
const SEPARATOR = 4
const PATH_END = 5
const kinds = new Uint8Array(256)
for (let c = 48; c <= 57; c++) kinds[c] = DIGIT
for (let c = 97; c <= 102; c++) kinds[c] = HEX_OR_DASH
kinds[45] = HEX_OR_DASH
kinds[46] = DOT
kinds[SLASH] = SEPARATOR
kinds[SPACE] = kinds[QUOTE] = kinds[QUESTION_MARK] = PATH_END

/** A path segment that names one thing of many: a number, an id, a hash, a date. */
function isVariable(length: number, digits: number, others: number, dots: number): boolean {
  if (length > LONGEST_SEGMENT) return true
  if (digits === 0) return false
  return digits === length || (others === 0 && dots === 0 && length >= 8) || (digits >= 3 && dots === 0)
}

function normalisePath(view: DataView, from: number, to: number): string {
  const segments: string[] = []
  let start = from
  let [digits, others, dots] = [0, 0, 0]
  for (let p = from; p <= to; p++) {
    const c = p === to ? SLASH : view.getUint8(p)
    if (c === SLASH) {
      segments.push(isVariable(p - start, digits, others, dots) ? '*' : utf8(view, start, p))
      start = p + 1
      digits = others = dots = 0
    } else if (kinds[c] === DIGIT) digits++
    else if (kinds[c] === DOT) dots++
    else if (kinds[c] === OTHER) others++
  }
  return segments.join('/')
}

function utf8(view: DataView, from: number, to: number): string {
  return Buffer.from(view.buffer, view.byteOffset + from, to - from).toString('utf8')
}
