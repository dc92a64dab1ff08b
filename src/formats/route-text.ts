const SPACE = 32
const QUOTE = 34
const SLASH = 47
const QUESTION_MARK = 63
const LONGEST_SEGMENT = 40

/**
 * `GET /api/products/*` of a request line without its quotes: method and path, with ids, hashes and numbers as `*`. The
 * kernel (row-kernel/scan-rows.ts) hashes what this writes, so both say the same of a segment.
 */
export function routeText(line: Buffer): string {
  const methodEnd = endOf(line, 0, false)
  const method = utf8(line, 0, methodEnd)
  if (method === '-') return '(malformed request)'
  const pathStart = findPath(line, methodEnd + 1)
  const pathEnd = endOf(line, pathStart, true)
  return `${method} ${(pathEnd > pathStart ? normalisePath(line, pathStart, pathEnd) : '') || '/'}`
}

function endOf(line: Buffer, from: number, isPath: boolean): number {
  let p = from
  while (p < line.length && line[p] !== SPACE && line[p] !== QUOTE && !(isPath && line[p] === QUESTION_MARK)) p++
  return Math.min(p, line.length)
}

/** `https://host:443/path`; a request line without a scheme starts with its path. */
function findPath(line: Buffer, from: number): number {
  if (from >= line.length) return line.length
  if (line[from] === SLASH) return from
  const p = skipToSlash(line, from)
  return line[p] === SLASH && line[p + 1] === SLASH ? skipToSlash(line, p + 2) : p
}

/** The next slash, or the end of the path. */
function skipToSlash(line: Buffer, from: number): number {
  let p = from
  while (p < line.length && (kinds[line[p] as number] as number) < END_KINDS) p++
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

function normalisePath(line: Buffer, from: number, to: number): string {
  let text = ''
  /** What is not in `text` yet; strings are made for as long a stretch as stays what it is. */
  let rest = from
  let start = from
  let [digits, others, dots] = [0, 0, 0]
  for (let p = from; p <= to; p++) {
    const c = p === to ? SLASH : (line[p] as number)
    if (c === SLASH) {
      if (isVariable(p - start, digits, others, dots)) {
        text += `${utf8(line, rest, start)}*`
        rest = p
      }
      start = p + 1
      digits = others = dots = 0
    } else if (kinds[c] === DIGIT) digits++
    else if (kinds[c] === DOT) dots++
    else if (kinds[c] === OTHER) others++
  }
  return text + utf8(line, rest, to)
}

function utf8(line: Buffer, from: number, to: number): string {
  return line.toString('utf8', from, to)
}
