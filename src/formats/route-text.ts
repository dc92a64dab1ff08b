const SPACE = 32
const QUOTE = 34
const SLASH = 47
const QUESTION_MARK = 63
const DOT = 46
const LONGEST_SEGMENT = 40

/**
 * `GET /api/products/*` of a request line without its quotes: method and path, with ids, hashes and numbers as `*`, and
 * `GET /static/app.*.js` for a file whose name has its build's hash. The kernel (row-kernel/scan-rows.ts) hashes what this
 * writes, so both say the same of a segment.
 */
export function routeText(line: Buffer): string {
  return textOf(line, false)
}

/**
 * The same with stars for hashes and ids that happen to have letters only, one in hundreds: `app.faecbd.js`. A word may look
 * like one (`/facade`), so this is its route only where others of that kind have been seen.
 */
export function looseRouteText(line: Buffer): string {
  return textOf(line, true)
}

function textOf(line: Buffer, isLoose: boolean): string {
  const methodEnd = endOf(line, 0, false)
  const method = utf8(line, 0, methodEnd)
  if (method === '-') return '(malformed request)'
  const pathStart = findPath(line, methodEnd + 1)
  const pathEnd = endOf(line, pathStart, true)
  return `${method} ${(pathEnd > pathStart ? normalisePath(line, pathStart, pathEnd, isLoose) : '') || '/'}`
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

// What a byte is to a route (0: nothing of these): the counted kinds first, then those that end a segment.
const DIGIT = 1
const HEX = 2
const DASH = 3
const END_KINDS = 4
const SEPARATOR = 4
const PATH_END = 5
const kinds = new Uint8Array(256)
for (let c = 48; c <= 57; c++) kinds[c] = DIGIT
for (let c = 97; c <= 102; c++) kinds[c] = HEX
kinds[45] = DASH
kinds[SLASH] = SEPARATOR
kinds[SPACE] = kinds[QUOTE] = kinds[QUESTION_MARK] = PATH_END

/** A path segment, or a part of a file's name, that names one thing of many: a number, an id, a hash, a date. */
function isVariable(line: Buffer, from: number, to: number, isPart: boolean, isLoose: boolean): boolean {
  const length = to - from
  let [digits, letters, dashes] = [0, 0, 0]
  for (let p = from; p < to; p++) {
    const kind = kinds[line[p] as number]
    if (kind === DIGIT) digits++
    else if (kind === HEX) letters++
    else if (kind === DASH) dashes++
  }
  if (digits === 0 && !(isLoose && letters > 0)) return false
  const isHex = digits + letters + dashes === length
  // `jquery.3.7.1.min.js` keeps its version, `report.20261123.csv` is one of many.
  if (isPart) return isHex && length >= 6
  return digits === length || digits >= 3 || (isHex && length >= (dashes === 0 ? 5 : 8))
}

function normalisePath(line: Buffer, from: number, to: number, isLoose: boolean): string {
  let text = ''
  /** What is not in `text` yet; strings are made for as long a stretch as stays what it is. */
  let rest = from
  const star = (start: number, end: number): void => {
    text += `${utf8(line, rest, start)}*`
    rest = end
  }
  for (let start = from; start < to; ) {
    let end = start
    let dot = -1
    for (; end < to && line[end] !== SLASH; end++) if (line[end] === DOT) dot = dot < 0 ? end : dot
    if (end - start > LONGEST_SEGMENT) star(start, end)
    else if (dot < 0) {
      if (isVariable(line, start, end, false, isLoose)) star(start, end)
    } else
      for (let part = start; part < end; ) {
        if (isVariable(line, part, dot, true, isLoose)) star(part, dot)
        part = dot + 1
        dot = part
        while (dot < end && line[dot] !== DOT) dot++
      }
    start = end + 1
  }
  return text + utf8(line, rest, to)
}

function utf8(line: Buffer, from: number, to: number): string {
  return line.toString('utf8', from, to)
}
