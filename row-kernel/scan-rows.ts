/**
 * Rows of ALB access logs, bytes in, columns out: AssemblyScript, compiled to WebAssembly by `npm run gen`
 * (src/formats/kernel-code.ts). Sixteen bytes are looked at with one instruction, which JavaScript cannot. It reads rows
 * without anything odd; every other row is handed back and read by src/formats/request-fields.ts, so that this file
 * has no opinion of its own on what a row means. `request-scanner-paths.test.ts` holds both against each other.
 *
 * Memory is laid out by src/formats/row-kernel.ts, which also owns the tables. Nothing is allocated here.
 */

const SPACE: i32 = 32
const QUOTE: i32 = 34
const DASH: i32 = 45
const DOT: i32 = 46
const SLASH: i32 = 47
const QUESTION_MARK: i32 = 63
const BACKSLASH: i32 = 92
const NEWLINE: i32 = 10
const CARRIAGE_RETURN: i32 = 13

/** Why {@link scanRows} came back. */
const DONE: i32 = 0
/** The row at `rowStart` is to be read by other means. */
const ODD_ROW: i32 = 1
/** As before, and nothing else is wrong with it than that `flowHash` is not in the table. */
const NEW_FLOW: i32 = 2
/** The row is in the columns, but for its route, which is not in the table: see `requestStart` and the places beside it. */
const NEW_ROUTE: i32 = 3
const BATCH_FULL: i32 = 4
/** The row is in the columns, and the host is to keep its detail: see {@link wantsDetail}. */
const DETAIL_WANTED: i32 = 5

/** ws and wss; grpcs. As in src/core/request-batch.ts. */
const FLAG_WEBSOCKET: u8 = 1
const FLAG_GRPC: u8 = 2

/** Fields that have a name, and room to write four beyond. */
const MOST_FIELDS: i32 = 64
const CLIENT: i32 = 3
const REQUEST: i32 = 12
const USER_AGENT: i32 = 13
const TARGET_GROUP: i32 = 16
const TRACE_ID: i32 = 17
const CREATION: i32 = 21
const ACTIONS: i32 = 22
const ERROR_REASON: i32 = 24
const TARGET_STATUS_LIST: i32 = 26
const CLASSIFICATION_REASON: i32 = 28
const NODE: i32 = 33

// --- set once by the host -----------------------------------------------------------------------------------------

let seed: i64 = 0
/** A space, a quote, a newline, a backslash, sixteen times each: loaded once for a row, where constants would be made for each block. */
let marks: usize = 0
let fields: usize = 0
let flowTable: usize = 0
let flowMask: i32 = 0
let routeTable: usize = 0
let routeMask: i32 = 0
let columns: usize = 0
let batchRows: i32 = 0
/** Id for routes that are not in the table, or -1 when the host is to be asked. */
let otherRoute: i32 = -1
let areRoutesFull: i32 = 0
/** Stands for the node of a row that names none. */
let fileNode: i64 = 0

export function setUp(
  randomSeed: i64,
  marksAt: usize,
  fieldsAt: usize,
  flowTableAt: usize,
  flowSlots: i32,
  routeTableAt: usize,
  routeSlots: i32,
  columnsAt: usize,
  rows: i32,
): void {
  seed = randomSeed
  marks = marksAt
  v128.store(marks, i8x16.splat(i8(SPACE)))
  v128.store(marks, i8x16.splat(i8(QUOTE)), 16)
  v128.store(marks, i8x16.splat(i8(NEWLINE)), 32)
  v128.store(marks, i8x16.splat(i8(BACKSLASH)), 48)
  fields = fieldsAt
  flowTable = flowTableAt
  flowMask = flowSlots - 1
  routeTable = routeTableAt
  routeMask = routeSlots - 1
  columns = columnsAt
  batchRows = rows
}

export function setFileNode(from: usize, to: usize): void {
  fileNode = from === to ? 0 : hashBytes(from, to)
}

export function setOtherRoute(id: i32): void {
  otherRoute = id
}

/** Routes that are new may be missing from the table from here on. */
export function setRoutesFull(isTrue: i32): void {
  areRoutesFull = isTrue
}

// --- what a call leaves behind -------------------------------------------------------------------------------------

/** The row that was not finished, or where the next call goes on. */
export let rowStart: usize = 0
let flowHash: i64 = 0
/** 0: the row names no node, so that its hash has the file's. */
export let namesNode: i32 = 0
let routeHash: i64 = 0
/** Of the row whose route is new: its request line, its target group. */
export let requestStart: usize = 0
export let requestEnd: usize = 0
export let groupStart: usize = 0
export let groupEnd: usize = 0
/**
 * 1: the last row in the columns failed, or the load balancer rejected it, and there is more to its detail than copying:
 * a trace id with escapes, a very long text, codes that are new. Its fields are still where they were found.
 */
export let wantsDetail: i32 = 0
let labelsHash: i64 = 0
export let textStart: usize = 0
export let fieldCount: i32 = 0
/** Rows in the columns. */
export let length: i32 = 0

export function setLength(rows: i32): void {
  length = rows
}

/** Details of the rows in the columns. */
export let detailCount: i32 = 0

export function setDetailCount(count: i32): void {
  detailCount = count
  areTextsFull = i32(lastTextEnd() > textRoom)
}

// --- bytes ---------------------------------------------------------------------------------------------------------

// @ts-expect-error: decorator
@inline
function bits(a: v128, b: v128, c: v128, d: v128): i64 {
  return (
    i64(u32(i8x16.bitmask(a)) | (u32(i8x16.bitmask(b)) << 16)) |
    (i64(u32(i8x16.bitmask(c)) | (u32(i8x16.bitmask(d)) << 16)) << 32)
  )
}

// @ts-expect-error: decorator
@inline
function prefixXor(mask: i64): i64 {
  let x = mask ^ (mask << 1)
  x ^= x << 2
  x ^= x << 4
  x ^= x << 8
  x ^= x << 16
  return x ^ (x << 32)
}

const FACTOR_A: i64 = 0x9e3779b97f4a7c15
const FACTOR_B: i64 = 0xc2b2ae3d27d4eb4f

// @ts-expect-error: decorator
@inline
function mix(hash: i64, word: i64): i64 {
  const product = (hash ^ word) * FACTOR_A
  return product ^ (product >>> 32)
}

/** The first `count` (1 to 16) bytes at `at`; the others are zero. */
// @ts-expect-error: decorator
@inline
function firstBytes(at: usize, count: i32): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  return v128.and(v128.load(at), i8x16.lt_u(places, i8x16.splat(i8(count))))
}

/** Most texts fit into one step. */
// @ts-expect-error: decorator
@inline
function hashBytes(from: usize, to: usize): i64 {
  const size = i32(to - from)
  return size <= 16 ? hashRest(from, size, seed ^ i64(size), seed + FACTOR_B) : hashLong(from, to)
}

// @ts-expect-error: decorator
@inline
function hashRest(at: usize, count: i32, before: i64, beside: i64): i64 {
  const rest = firstBytes(at, count)
  const a = mix(before, i64x2.extract_lane(rest, 0))
  const b = mix(beside, i64x2.extract_lane(rest, 1))
  return mix(a, b ^ (b << 29))
}

/** Two lanes, so that a step need not wait for the one before it. */
function hashLong(from: usize, to: usize): i64 {
  let a = seed ^ i64(to - from)
  let b = seed + FACTOR_B
  let at = from
  for (; at + 16 < to; at += 16) {
    a = mix(a, load<i64>(at))
    b = mix(b, load<i64>(at, 8))
  }
  return hashRest(at, i32(to - at), a, b)
}

/** Id of a hash, or -1. A slot has the hash and the id. */
// @ts-expect-error: decorator
@inline
function find(table: usize, mask: i32, hash: i64): i32 {
  let slot = i32(hash) & mask
  while (true) {
    const at = table + (usize(slot) << 4)
    const id = load<i32>(at, 8)
    // An empty slot has id 0: ids are kept one higher.
    if (id === 0 || load<i64>(at) === hash) return id - 1
    slot = (slot + 1) & mask
  }
}

function insert(table: usize, mask: i32, hash: i64, id: i32): void {
  let slot = i32(hash) & mask
  while (true) {
    const at = table + (usize(slot) << 4)
    if (load<i32>(at, 8) === 0) {
      store<i64>(at, hash)
      store<i32>(at, id + 1, 8)
      return
    }
    slot = (slot + 1) & mask
  }
}

/** Of the row that {@link scanRows} came back with. */
export function rememberFlow(id: i32): void {
  insert(flowTable, flowMask, flowHash, id)
}

/** Of the row that {@link scanRows} came back with. */
export function rememberLabels(id: i32): void {
  insert(labelTable, labelMask, labelsHash, id)
}

/** Of the row that {@link scanRows} came back with. */
export function rememberRoute(id: i32): void {
  insert(routeTable, routeMask, routeHash, id)
}

// --- times, numbers ------------------------------------------------------------------------------------------------

const NO_TIME: f64 = NaN
let minuteHead: i64 = 0
let minuteTail: i64 = 0
let minuteMs: f64 = 0

/** 0 to 99, or far more when it is not two digits. */
// @ts-expect-error: decorator
@inline
function two(at: usize): i32 {
  const tens = i32(load<u8>(at)) ^ 48
  const ones = i32(load<u8>(at, 1)) ^ 48
  return tens > 9 || ones > 9 ? 1_000_000 : tens * 10 + ones
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days since 1970-01-01. http://howardhinnant.github.io/date_algorithms.html#days_from_civil */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const shifted = month <= 2 ? year - 1 : year
  const era = shifted / 400
  const yearOfEra = shifted - era * 400
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** `2026-11-23T02:19`: false when it is none. */
function readMinute(at: usize): bool {
  if (load<u8>(at, 4) !== DASH || load<u8>(at, 7) !== DASH || load<u8>(at, 10) !== 84 || load<u8>(at, 13) !== 58)
    return false
  const century = two(at)
  const year = century * 100 + two(at + 2)
  const month = two(at + 5)
  const day = two(at + 8)
  const hour = two(at + 11)
  const minute = two(at + 14)
  // Years below 100 are of the last century to JavaScript: not for this file.
  if (century > 99 || century < 1 || year > 9_999 || month < 1 || month > 12 || hour > 23 || minute > 59) return false
  if (day < 1 || day > daysInMonth(year, month)) return false
  minuteMs = f64(daysFromCivil(year, month, day)) * 86_400_000 + f64(hour * 60 + minute) * 60_000
  minuteHead = load<i64>(at)
  minuteTail = load<i64>(at, 8)
  return true
}

/** Epoch ms of `2026-11-23T02:19:59.646366Z`, or NaN. Rows that follow each other share their minute. */
export function readTime(at: usize): f64 {
  if (load<i64>(at) !== minuteHead || load<i64>(at, 8) !== minuteTail) {
    if (!readMinute(at)) return NO_TIME
  }
  // `:59.6463`, and `46366Z` in the upper bytes of another word: the first byte is the lowest.
  const word = load<i64>(at, 16)
  if ((word & 0xff0000ff) !== 0x2e00003a) return NO_TIME
  const tens = i32((word >>> 8) & 0xff) ^ 48
  const ones = i32((word >>> 16) & 0xff) ^ 48
  const last = load<i32>(at, 23)
  const e = ((last >>> 8) & 0xff) ^ 48
  const f = ((last >>> 16) & 0xff) ^ 48
  const high = i32(word >>> 32)
  if (tens > 6 || ones > 9 || tens * 10 + ones > 60 || e > 9 || f > 9 || last >>> 24 !== 90) return NO_TIME
  if (((high & 0xf0f0f0f0) | (((high + 0x06060606) & 0xf0f0f0f0) >>> 4)) !== 0x33333333) return NO_TIME
  const pairs = ((high & 0x0f0f0f0f) * 10 + ((high & 0x0f0f0f0f) >>> 8)) & 0x00ff00ff
  const micros = ((pairs & 0xff) * 100 + (pairs >>> 16)) * 100 + e * 10 + f
  return minuteMs + f64((tens * 10 + ones) * 1000) + f64(micros) / 1000
}

const NO_NUMBER: i64 = -2

const ZEROS: i64 = 0x3030303030303030

/** The number of the digits in the last `count` (1 to 8) bytes of the word, or {@link NO_NUMBER}. */
// @ts-expect-error: decorator
@inline
function digitsOf(word: i64, count: i32): i64 {
  const unused = i64(8 - count) << 3
  // The first digit is in the lowest byte.
  let x = ((word ^ ZEROS) >>> unused) << unused
  if ((((x + 0x7676767676767676) | x) & 0x8080808080808080) !== 0) return NO_NUMBER
  x = (x * 2561) >>> 8
  x = ((x & 0x00ff00ff00ff00ff) * 6_553_601) >>> 16
  return ((x & 0x0000ffff0000ffff) * 42_949_672_960_001) >>> 32
}

/** ms of `0.123` or `-1`, or {@link NO_NUMBER}. */
// @ts-expect-error: decorator
@inline
function readSeconds(from: usize, to: usize): i64 {
  const size = i32(to - from)
  if (size === 2) return load<u16>(from) === 0x312d ? -1 : NO_NUMBER
  if (size < 5 || size > 11 || load<u8>(to - 4) !== DOT) return NO_NUMBER
  if (size > 8) return readLongSeconds(from, to)
  // Without its dot it is ms.
  const word = load<i64>(to - 8)
  return digitsOf(((word & 0xffffffff) << 8) | (word & 0xffffff0000000000), size - 1)
}

function readLongSeconds(from: usize, to: usize): i64 {
  const whole = readDigits(from, to - 4)
  const rest = digitsOf(load<i64>(to - 8), 3)
  return whole < 0 || rest < 0 ? NO_NUMBER : whole * 1000 + rest
}

/** One to fifteen digits, or {@link NO_NUMBER}. */
// @ts-expect-error: decorator
@inline
function readDigits(from: usize, to: usize): i64 {
  const size = i32(to - from)
  return size <= 8 ? digitsOf(load<i64>(to - 8), size) : readLongDigits(from, to)
}

function readLongDigits(from: usize, to: usize): i64 {
  const size = i32(to - from)
  if (size > 15) return NO_NUMBER
  const high = digitsOf(load<i64>(to - 16), size - 8)
  const low = digitsOf(load<i64>(to - 8), 8)
  return high < 0 || low < 0 ? NO_NUMBER : high * 100_000_000 + low
}

/** 100 to 999, or -1. */
// @ts-expect-error: decorator
@inline
function readStatus(at: usize): i32 {
  const a = i32(load<u8>(at)) ^ 48
  const b = i32(load<u8>(at, 1)) ^ 48
  const c = i32(load<u8>(at, 2)) ^ 48
  return a > 9 || b > 9 || c > 9 ? -1 : a * 100 + b * 10 + c
}

// --- routes --------------------------------------------------------------------------------------------------------

// @ts-expect-error: decorator
@inline
function isAny(text: v128, one: i32, other: i32): v128 {
  return v128.or(i8x16.eq(text, i8x16.splat(i8(one))), i8x16.eq(text, i8x16.splat(i8(other))))
}

// @ts-expect-error: decorator
@inline
function isDigit(text: v128): v128 {
  return i8x16.lt_u(i8x16.sub(text, i8x16.splat(48)), i8x16.splat(10))
}

/** Position of the next slash, space or question mark, or `to`. */
// @ts-expect-error: decorator
@inline
function findBreak(from: usize, to: usize): usize {
  for (let at = from; at < to; at += 16) {
    const text = v128.load(at)
    const found = i8x16.bitmask(v128.or(isAny(text, SLASH, SPACE), i8x16.eq(text, i8x16.splat(i8(QUESTION_MARK)))))
    if (found !== 0) return min(at + usize(ctz(found)), to)
  }
  return to
}

const LONGEST_SEGMENT: i32 = 40
/** What stands for a star. */
const STAR: i64 = 2

// @ts-expect-error: decorator
@inline
function isWithin(part: i64, whole: i64): bool {
  return (part & ~whole) === 0
}

/** Hash of a path segment as src/formats/route-text.ts writes it. */
function hashSegment(from: usize, size: i32): i64 {
  if (size > LONGEST_SEGMENT) return STAR
  let digits: i64 = 0
  let letters: i64 = 0
  let dashes: i64 = 0
  let dots: i64 = 0
  for (let done = 0; done < size; done += 16) {
    const text = v128.load(from + usize(done))
    const by = i64(done)
    digits |= i64(i8x16.bitmask(isDigit(text))) << by
    letters |= i64(i8x16.bitmask(i8x16.lt_u(i8x16.sub(text, i8x16.splat(97)), i8x16.splat(6)))) << by
    dashes |= i64(i8x16.bitmask(i8x16.eq(text, i8x16.splat(i8(DASH))))) << by
    dots |= i64(i8x16.bitmask(i8x16.eq(text, i8x16.splat(i8(DOT))))) << by
  }
  const all = (i64(1) << i64(size)) - 1
  digits &= all
  if (digits === 0) return size === 0 ? 1 : hashBytes(from, from + usize(size))
  dots &= all
  const hex = digits | letters | dashes
  if (dots === 0) {
    const isId = isWithin(all, hex) && size >= ((dashes & all) === 0 ? 5 : 8)
    return isId || digits === all || popcnt(digits) >= 3 ? STAR : hashBytes(from, from + usize(size))
  }
  let hash: i64 = 3
  let part = 0
  while (true) {
    const rest = dots >>> i64(part)
    const length = rest === 0 ? size - part : i32(ctz(rest))
    const mine = ((i64(1) << i64(length)) - 1) << i64(part)
    const isHash = length >= 6 && isWithin(mine, hex) && (digits & mine) !== 0
    const at = from + usize(part)
    hash = mix(hash, isHash ? STAR : length === 0 ? 1 : hashBytes(at, at + usize(length)))
    if (rest === 0) return hash
    part += length + 1
  }
}

/**
 * Hash of method and path of a request line, with a star for whatever names one thing of many. Loose: also for what
 * happens to have letters only.
 */
function hashRequest(from: usize, to: usize, isLoose: bool): i64 {
  const space = i8x16.bitmask(i8x16.eq(v128.load(from), i8x16.splat(i8(SPACE))))
  let at = from
  if (space !== 0) at = min(from + usize(ctz(space)), to)
  else while (at < to && load<u8>(at) !== SPACE) at++
  const hash = hashBytes(from, at)
  // A malformed request, whatever else it says: `- http://host:80- -`.
  if (at - from === 1 && load<u8>(from) === DASH) return hash
  at = at < to ? at + 1 : to
  // `https://host:443/path`; a request line without a scheme starts with its path.
  if (at < to && load<u8>(at) !== SLASH) {
    at = findBreak(at, to)
    if (at + 1 < to && load<u16>(at) === 0x2f2f) at = findBreak(at + 2, to)
  }
  return at >= to || load<u8>(at) !== SLASH ? mix(hash, 1) : mix(hash, hashPath(at, to, isLoose))
}

/** Bits from `start` to before `end`; no more than 63 of them. */
// @ts-expect-error: decorator
@inline
function range(start: i32, end: i32): i64 {
  return ((i64(1) << i64(end - start)) - 1) << i64(start)
}

/** First byte behind the last of `marks` before `at`, and no less than `least`. */
// @ts-expect-error: decorator
@inline
function behindLast(marks: i64, at: i32, least: i32): i32 {
  return max(64 - i32(clz(marks & ((i64(1) << i64(at)) - 1))), least)
}

/** The next of `marks` from `at` on, and no more than `most`. */
// @ts-expect-error: decorator
@inline
function nextOf(marks: i64, at: i32, most: i32): i32 {
  return min(at + i32(ctz(marks >>> i64(at))), most)
}

/** `a` to `f`. */
// @ts-expect-error: decorator
@inline
function lettersToF(a: v128): v128 {
  return i8x16.lt_u(i8x16.sub(a, i8x16.splat(97)), i8x16.splat(6))
}

/** Longest path that is looked at in one go. */
const SHORT_PATH: i32 = 63

/**
 * Hash of a path, up to its query. Only what has a digit can be a star, and most paths have digits in one segment or none:
 * stars are found as bits, then the text between them is hashed.
 */
function hashPath(from: usize, to: usize, isLoose: bool): i64 {
  const a = v128.load(from)
  const b = v128.load(from, 16)
  const c = v128.load(from, 32)
  const d = v128.load(from, 48)
  const ends = bits(isAny(a, SPACE, QUESTION_MARK), isAny(b, SPACE, QUESTION_MARK), isAny(c, SPACE, QUESTION_MARK), isAny(d, SPACE, QUESTION_MARK))
  const size = i32(min(to - from, usize(ctz(ends))))
  if (size > SHORT_PATH) return hashLongPath(from, to)
  const all = range(0, size)
  const digits = bits(isDigit(a), isDigit(b), isDigit(c), isDigit(d)) & all
  if (digits === 0 && !isLoose) return hashBytes(from, from + usize(size))
  const slash = i8x16.splat(i8(SLASH))
  const dash = i8x16.splat(i8(DASH))
  const dot = i8x16.splat(i8(DOT))
  const slashes = bits(i8x16.eq(a, slash), i8x16.eq(b, slash), i8x16.eq(c, slash), i8x16.eq(d, slash))
  const dashes = bits(i8x16.eq(a, dash), i8x16.eq(b, dash), i8x16.eq(c, dash), i8x16.eq(d, dash))
  const dots = bits(i8x16.eq(a, dot), i8x16.eq(b, dot), i8x16.eq(c, dot), i8x16.eq(d, dot))
  const letters = bits(lettersToF(a), lettersToF(b), lettersToF(c), lettersToF(d))
  const hex = digits | dashes | letters
  let left = isLoose ? (digits | letters) & all : digits
  let hash = seed
  let stars = 0
  let done = 0
  // The same rules as in src/formats/route-text.ts.
  while (left !== 0) {
    const at = i32(ctz(left))
    const start = behindLast(slashes, at, 0)
    const end = nextOf(slashes, at, size)
    const segment = range(start, end)
    let first = start
    let last = end
    let isStar = false
    if ((dots & segment) === 0) {
      const least = (dashes & segment) === 0 ? 5 : 8
      isStar =
        (isWithin(segment, hex) && end - start >= least) ||
        isWithin(segment, digits) ||
        popcnt(digits & segment) >= 3 ||
        end - start > LONGEST_SEGMENT
    } else if (end - start <= LONGEST_SEGMENT) {
      first = behindLast(dots, at, start)
      last = nextOf(dots, at, end)
      isStar = last - first >= 6 && isWithin(range(first, last), hex)
    } else isStar = true
    left &= -1 << i64(last)
    if (!isStar) continue
    hash = mix(mix(hash, hashBytes(from + usize(done), from + usize(first))), STAR)
    done = last
    stars++
  }
  if (digits === 0 && stars === 0) return hashBytes(from, from + usize(size))
  return mix(hash, hashBytes(from + usize(done), from + usize(size)))
}

/** As {@link hashPath}, segment by segment. */
function hashLongPath(from: usize, to: usize): i64 {
  let hash = seed
  let at = from
  while (true) {
    const start = at + 1
    at = findBreak(start, to)
    hash = mix(hash, hashSegment(start, i32(at - start)))
    if (at >= to || load<u8>(at) !== SLASH) return hash
  }
}

/** For routes of rows that are not read here. */
export function addRoute(from: usize, to: usize, groupFrom: usize, groupTo: usize, id: i32): void {
  insert(routeTable, routeMask, mix(hashRequest(from, to, false), hashBytes(groupFrom, groupTo)), id)
}

// --- rows ----------------------------------------------------------------------------------------------------------

/** Newline of the row that {@link indexRow} looked at. */
let rowEnd: usize = 0
/** Not zero: there is a backslash in it, or right behind it. */
let backslashes: i64 = 0

/**
 * Writes where the fields of the row at `from` end, and returns their number; 0 when the row is not plain: quotes other
 * than around whole fields, a space or a backslash before a closing one, an empty field, no newline before `limit`.
 */
// @ts-expect-error: decorator
@inline
function indexRow(from: usize, limit: usize): i32 {
  let count = 0
  /** 1: a quote was opened in an earlier block. */
  let quoted: i64 = 0
  /** The last bit of the block before: a space, a closing quote. */
  let afterSpace: i64 = 1
  let afterClose: i64 = 0
  let odd: i64 = 0
  backslashes = 0
  const space = v128.load(marks)
  const quote = v128.load(marks, 16)
  const newline = v128.load(marks, 32)
  const backslash = v128.load(marks, 48)
  for (let at = from; at < limit; at += 64) {
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const c = v128.load(at, 32)
    const d = v128.load(at, 48)
    let spaces = bits(i8x16.eq(a, space), i8x16.eq(b, space), i8x16.eq(c, space), i8x16.eq(d, space))
    let quotes = bits(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote))
    let end: i64 = 0
    const least = i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d))
    const slashes = v128.or(
      v128.or(i8x16.eq(a, backslash), i8x16.eq(b, backslash)),
      v128.or(i8x16.eq(c, backslash), i8x16.eq(d, backslash)),
    )
    if (v128.any_true(v128.or(slashes, i8x16.eq(i8x16.min_u(least, newline), least)))) {
      const newlines = bits(i8x16.eq(a, newline), i8x16.eq(b, newline), i8x16.eq(c, newline), i8x16.eq(d, newline))
      const escapes = bits(
        i8x16.eq(a, backslash),
        i8x16.eq(b, backslash),
        i8x16.eq(c, backslash),
        i8x16.eq(d, backslash),
      )
      end = newlines & -newlines
      if (end !== 0) {
        spaces &= end - 1
        quotes &= end - 1
      }
      odd |= (escapes << 1) & quotes
      if (escapes < 0 && load<u8>(at, 64) === QUOTE) odd = 1
      backslashes |= escapes
    }
    const spaceBefore = (spaces << 1) | afterSpace
    const opening = quotes & spaceBefore
    const closing = quotes ^ opening
    // Each opening quote takes from the next closing one, so that what is between them is set.
    const within = closing - opening - quoted
    // Set where a quote opens, not set where it closes: else they do not take turns.
    odd |= (within ^ opening) & quotes
    const separators = spaces & ~within
    const ends = separators | end
    odd |= ends & spaceBefore
    odd |= ((closing << 1) | afterClose) & ~ends
    if (count > MOST_FIELDS) return 0
    // Four at once: how many there are is no branch to guess, and what is beyond them is written over.
    let left = separators
    let place = fields + (usize(count) << 2)
    count += i32(popcnt(separators))
    while (true) {
      store<i32>(place, i32(at) + i32(ctz(left)))
      left &= left - 1
      store<i32>(place, i32(at) + i32(ctz(left)), 4)
      left &= left - 1
      store<i32>(place, i32(at) + i32(ctz(left)), 8)
      left &= left - 1
      store<i32>(place, i32(at) + i32(ctz(left)), 12)
      left &= left - 1
      if (left === 0) break
      place += 16
    }
    if (end !== 0) {
      odd |= within & end
      rowEnd = at + usize(ctz(end))
      if (odd !== 0 || rowEnd >= limit || count >= MOST_FIELDS) return 0
      const last = load<u8>(rowEnd - 1) === CARRIAGE_RETURN ? rowEnd - 1 : rowEnd
      store<i32>(fields + (usize(count) << 2), i32(last))
      return count + 1
    }
    quoted = within >>> 63
    afterSpace = spaces >>> 63
    afterClose = closing >>> 63
  }
  return 0
}

// @ts-expect-error: decorator
@inline
function fieldEnd(field: i32): usize {
  return usize(load<i32>(fields + (usize(field) << 2)))
}

// @ts-expect-error: decorator
@inline
function fieldStart(field: i32): usize {
  return fieldEnd(field - 1) + 1
}

// --- details: src/core/row-details.ts ------------------------------------------------------------------------------

const LONGEST_TEXT: i32 = 4_000
const LONGEST_SHORT_TEXT: i32 = 500
const TEXTS: i32 = 5

let labelTable: usize = 0
let labelMask: i32 = 0
let detailRows: usize = 0
let detailLabels: usize = 0
let textEnds: usize = 0
let texts: usize = 0
/** A batch with as many bytes of text is full. */
let textRoom: i32 = 0
/** 1: no row may come to the columns any more. */
export let areTextsFull: i32 = 0

export function setUpDetails(
  labelTableAt: usize,
  labelSlots: i32,
  rowsAt: usize,
  labelsAt: usize,
  endsAt: usize,
  textsAt: usize,
  room: i32,
): void {
  labelTable = labelTableAt
  labelMask = labelSlots - 1
  detailRows = rowsAt
  detailLabels = labelsAt
  textEnds = endsAt
  texts = textsAt
  textRoom = room
}

function lastTextEnd(): i32 {
  return detailCount === 0 ? 0 : load<i32>(textEnds + (usize(detailCount * TEXTS - 1) << 2))
}

/** Hash of a field as it stands, which a row may lack. */
function hashField(hash: i64, field: i32, count: i32): i64 {
  return mix(hash, field < count ? hashBytes(fieldStart(field), fieldEnd(field)) : 1)
}

/** Where the text of the field begins behind a quote, which then ends it, too; `field` is not the first. */
// @ts-expect-error: decorator
@inline
function textFrom(field: i32): usize {
  const start = fieldStart(field)
  return start + usize(load<u8>(start) === QUOTE)
}

/** Bytes of a field that has `from` from {@link textFrom}; 0 when it says `-`. */
function textSize(field: i32, from: usize): i32 {
  const size = i32(fieldEnd(field) - from) - i32(from !== fieldStart(field))
  return size === 1 && load<u8>(from) === DASH ? 0 : size
}

function hasBackslash(field: i32): bool {
  for (let at = fieldStart(field); at < fieldEnd(field); at++) if (load<u8>(at) === BACKSLASH) return true
  return false
}

function keepText(field: i32, at: usize): usize {
  const from = textFrom(field)
  const size = textSize(field, from)
  memory.copy(at, from, usize(size))
  return at + usize(size)
}

/** Keeps the detail of the row at `from`, the last one in the columns; false when that is for the host to do. */
function keepDetail(from: usize, count: i32): bool {
  const group = fieldStart(TARGET_GROUP)
  const hasGroup = fieldEnd(TARGET_GROUP) - group > 1 || load<u8>(group) !== DASH
  let hash = hashField(seed + i64(hasGroup), ACTIONS, count)
  hash = hashField(hash, ERROR_REASON, count)
  hash = hashField(hash, TARGET_STATUS_LIST, count)
  labelsHash = hashField(hash, CLASSIFICATION_REASON, count)
  const labels = find(labelTable, labelMask, labelsHash)
  const size = i32(fieldEnd(count - 1) - from)
  if (
    labels < 0 ||
    (backslashes !== 0 && hasBackslash(TRACE_ID)) ||
    size > LONGEST_TEXT ||
    i32(fieldEnd(CLIENT) - fieldStart(CLIENT)) > LONGEST_SHORT_TEXT ||
    i32(fieldEnd(REQUEST) - fieldStart(REQUEST)) > LONGEST_SHORT_TEXT ||
    i32(fieldEnd(USER_AGENT) - fieldStart(USER_AGENT)) > LONGEST_SHORT_TEXT
  )
    return false
  const ends = textEnds + (usize(detailCount * TEXTS) << 2)
  let at = texts + usize(lastTextEnd())
  memory.copy(at, from, usize(size))
  at += usize(size)
  store<i32>(ends, i32(at - texts))
  at = keepText(CLIENT, at)
  store<i32>(ends, i32(at - texts), 4)
  at = keepText(REQUEST, at)
  store<i32>(ends, i32(at - texts), 8)
  at = keepText(USER_AGENT, at)
  store<i32>(ends, i32(at - texts), 12)
  at = keepText(TRACE_ID, at)
  store<i32>(ends, i32(at - texts), 16)
  store<i32>(detailRows + (usize(detailCount) << 2), length - 1)
  store<i32>(detailLabels + (usize(detailCount) << 2), labels)
  detailCount++
  areTextsFull = i32(lastTextEnd() > textRoom)
  return true
}

// --- from rows to columns -----------------------------------------------------------------------------------------------

/** Reads the rows from `from` to `limit` (whole lines) into the columns; returns one of the reasons above. */
export function scanRows(from: usize, limit: usize, firstRow: f64): i32 {
  let at = from
  let rowNumber = firstRow
  while (at < limit) {
    rowStart = at
    if (length >= batchRows || areTextsFull !== 0) return BATCH_FULL
    const count = indexRow(at, limit)
    if (count <= CREATION) return ODD_ROW
    const newline = rowEnd

    const head = load<i32>(at)
    let flags: u8 = 0
    if ((head & 0xffffff) === 0x207377 || head === 0x20737377) flags = FLAG_WEBSOCKET
    else if (head === 0x63707267) flags = FLAG_GRPC
    else if ((head & 0xff) === QUOTE) return ODD_ROW

    if (fieldEnd(1) - fieldEnd(0) !== 28) return ODD_ROW
    const end = readTime(fieldStart(1))
    const creationEnd = fieldEnd(CREATION)
    const creationStart = fieldStart(CREATION)
    if (creationEnd - creationStart !== 27) return ODD_ROW
    const start = readTime(creationStart)
    // Not a number is not equal to itself.
    if (end !== end || start !== start) return ODD_ROW

    const statusAt = fieldStart(8)
    const targetStatusEnd = fieldEnd(9)
    if (fieldEnd(8) - statusAt !== 3) return ODD_ROW
    const elbStatus = readStatus(statusAt)
    let targetStatus = 0
    if (targetStatusEnd - statusAt === 7) targetStatus = readStatus(statusAt + 4)
    else if (targetStatusEnd - statusAt !== 5 || load<u8>(statusAt, 4) !== DASH) return ODD_ROW
    if (elbStatus < 100 || (targetStatus !== 0 && targetStatus < 100)) return ODD_ROW

    const targetStart = fieldStart(4)
    const targetEnd = fieldEnd(4)
    if (load<u8>(targetStart) === QUOTE) return ODD_ROW

    const requestMs = readSeconds(targetEnd + 1, fieldEnd(5))
    const targetMs = readSeconds(fieldStart(6), fieldEnd(6))
    const responseMs = readSeconds(fieldStart(7), fieldEnd(7))
    const received = readDigits(fieldStart(10), fieldEnd(10))
    const sent = readDigits(fieldStart(11), fieldEnd(11))
    if (
      requestMs === NO_NUMBER ||
      targetMs === NO_NUMBER ||
      responseMs === NO_NUMBER ||
      received === NO_NUMBER ||
      sent === NO_NUMBER
    )
      return ODD_ROW

    const request = fieldStart(12)
    const requestTo = fieldEnd(12) - 1
    if (load<u8>(request) !== QUOTE || load<u16>(request) === 0x2d22 && requestTo - request === 2) return ODD_ROW
    const groupFrom = fieldStart(16)
    if (load<u8>(groupFrom) === QUOTE) return ODD_ROW
    const groupTo = fieldEnd(16)
    const group = hashBytes(groupFrom, groupTo)
    let node = fileNode
    namesNode = 0
    if (count > NODE) {
      const nodeStart = fieldStart(NODE)
      const nodeEnd = fieldEnd(NODE)
      if (nodeStart === nodeEnd) return ODD_ROW
      if (nodeEnd - nodeStart > 1 || load<u8>(nodeStart) !== DASH) {
        node = hashBytes(nodeStart, nodeEnd)
        namesNode = 1
      }
    }
    flowHash = mix(mix(mix(hashBytes(fieldStart(2), fieldEnd(2)), group), hashBytes(targetStart, targetEnd)), node)
    const flow = find(flowTable, flowMask, flowHash)
    if (flow < 0) return NEW_FLOW
    routeHash = mix(hashRequest(request + 1, requestTo, false), group)
    let route = find(routeTable, routeMask, routeHash)
    if (route < 0 && areRoutesFull === 0)
      route = find(routeTable, routeMask, mix(hashRequest(request + 1, requestTo, true), group))
    if (route < 0) route = otherRoute

    const i = usize(length)
    const rows = usize(batchRows)
    store<f64>(columns + (i << 3), start)
    let column = columns + rows * 8
    store<f64>(column + (i << 3), end)
    column += rows * 8
    store<f64>(column + (i << 3), f64(received))
    column += rows * 8
    store<f64>(column + (i << 3), f64(sent))
    column += rows * 8
    store<f64>(column + (i << 3), rowNumber)
    column += rows * 8
    store<i32>(column + (i << 2), i32(requestMs))
    column += rows * 4
    store<i32>(column + (i << 2), i32(targetMs))
    column += rows * 4
    store<i32>(column + (i << 2), i32(responseMs))
    column += rows * 4
    store<i32>(column + (i << 2), flow)
    column += rows * 4
    store<i32>(column + (i << 2), route)
    column += rows * 4
    store<i16>(column + (i << 1), i16(elbStatus))
    column += rows * 2
    store<i16>(column + (i << 1), i16(targetStatus))
    column += rows * 2
    store<u8>(column + i, flags)
    length++
    rowNumber += 1
    const isWanted = elbStatus >= 400 && (elbStatus >= 500 || elbStatus === 460 || targetStatus === 0)
    wantsDetail = i32(isWanted && !keepDetail(at, count))
    textStart = at
    fieldCount = count
    at = newline + 1
    if (route < 0) {
      rowStart = at
      requestStart = request + 1
      requestEnd = requestTo
      groupStart = groupFrom
      groupEnd = groupTo
      return NEW_ROUTE
    }
    if (wantsDetail !== 0) {
      rowStart = at
      return DETAIL_WANTED
    }
  }
  rowStart = at
  return DONE
}

// --- what rows leave behind ----------------------------------------------------------------------------------------

/** As in src/core/request-batch.ts. */
const FLAG_CLASSIC: u8 = 4
/** Numbers per flow and their places, bins of its histogram, waits that are listed: src/evidence/traffic-tally.ts. */
const FLOW_BYTES: usize = 64
const SERVICE_BINS: i32 = 168
const LEAST_WAIT_MS: i32 = 500
const MOST_WAIT_MS: i32 = 20_000

let perFlow: usize = 0
let serviceHistogram: usize = 0
let steps: usize = 0
let routeRequests: usize = 0
/** Row numbers, for the host to look at. */
let picked: usize = 0

export function setUpTally(
  perFlowAt: usize,
  serviceHistogramAt: usize,
  stepsAt: usize,
  routeRequestsAt: usize,
  pickedAt: usize,
): void {
  perFlow = perFlowAt
  serviceHistogram = serviceHistogramAt
  steps = stepsAt
  routeRequests = routeRequestsAt
  picked = pickedAt
}

export let firstEnd: f64 = 0
export let lastEnd: f64 = 0

/** Sets `firstEnd` and `lastEnd` of the rows in the columns. */
export function measureSpan(rows: i32): void {
  let first: f64 = Infinity
  let last: f64 = -Infinity
  const ends = columns + (usize(batchRows) << 3)
  for (let i = 0; i < rows; i++) {
    const end = load<f64>(ends + (usize(i) << 3))
    first = min(first, end)
    last = max(last, end)
  }
  firstEnd = first
  lastEnd = last
}

/** Lists the rows of which `hash >>> 24` is 0, one in 256; returns their number. */
export function pickSample(rows: i32): i32 {
  const ends = columns + (usize(batchRows) << 3)
  let count = 0
  for (let i = 0; i < rows; i++) {
    const at = ends + (usize(i) << 3)
    const hash = (load<i32>(at) ^ (load<i32>(at, 4) * i32(0x85ebca6b))) * i32(0x9e3779b1)
    store<i32>(picked + (usize(count) << 2), i)
    count += i32(hash >>> 24 === 0)
  }
  return count
}

export let websocketRows: i32 = 0
export let grpcRows: i32 = 0
export let classicRows: i32 = 0
export let rowsWithoutStart: i32 = 0

// @ts-expect-error: decorator
@inline
function serviceBin(ms: i32): i32 {
  if (ms < 16) return ms
  const exponent = 31 - clz(ms)
  return min(16 + (exponent - 4) * 8 + ((ms >>> (exponent - 3)) & 7), SERVICE_BINS - 1)
}

// @ts-expect-error: decorator
@inline
function add(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value)
}

/** As `foldTraffic` of src/evidence/traffic-tally.ts does it. Lists the rows that waited, and returns their number. */
export function foldRows(rows: i32, stepsPerFlow: i32, baseMs: f64, stepMs: f64): i32 {
  websocketRows = grpcRows = classicRows = rowsWithoutStart = 0
  const all = usize(batchRows)
  const ends = columns + all * 8
  const requestTimes = columns + all * 40
  const targetTimes = columns + all * 44
  const flows = columns + all * 52
  const routes = columns + all * 56
  const targetStatuses = columns + all * 62
  const flagBytes = columns + all * 64
  let waited = 0
  for (let i = 0; i < rows; i++) {
    const row = usize(i)
    const flow = load<i32>(flows + (row << 2))
    const end = load<f64>(ends + (row << 3))
    const mine = perFlow + usize(flow) * FLOW_BYTES
    add(mine, 1)
    store<f64>(mine, min(load<f64>(mine, 8), end), 8)
    store<f64>(mine, max(load<f64>(mine, 16), end), 16)
    add(routeRequests + (usize(load<i32>(routes + (row << 2))) << 3), 1)
    const flags = load<u8>(flagBytes + row)
    const targetStatus = i32(load<u16>(targetStatuses + (row << 1)))
    if (targetStatus !== 0 && targetStatus < 500) {
      store<f64>(mine, min(load<f64>(mine, 24), end), 24)
      store<f64>(mine, max(load<f64>(mine, 32), end), 32)
      const targetMs = load<i32>(targetTimes + (row << 2))
      if (targetMs >= 0 && (flags & FLAG_WEBSOCKET) === 0) {
        const ms = f64(targetMs)
        add(mine + 40, 1)
        add(mine + 48, ms)
        add(mine + 56, ms * ms)
        const bin = serviceHistogram + (usize(flow * SERVICE_BINS + serviceBin(targetMs)) << 2)
        store<i32>(bin, load<i32>(bin) + 1)
        const requestMs = load<i32>(requestTimes + (row << 2))
        store<i32>(picked + (usize(waited) << 2), i)
        waited += i32(requestMs >= LEAST_WAIT_MS && requestMs < MOST_WAIT_MS)
      }
    }
    if (flags !== 0) {
      websocketRows += i32((flags & FLAG_WEBSOCKET) !== 0)
      grpcRows += i32((flags & FLAG_GRPC) !== 0)
      classicRows += i32((flags & FLAG_CLASSIC) !== 0)
    }
    const start = load<f64>(columns + (row << 3))
    rowsWithoutStart += i32(start !== start)
    const cell = steps + (usize(flow * stepsPerFlow + i32((end - baseMs) / stepMs)) << 2)
    store<i32>(cell, load<i32>(cell) + 1)
  }
  return waited
}
