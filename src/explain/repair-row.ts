import type { LogFormat } from '../formats/define-format.ts'
import { looksLike } from '../formats/detect.ts'
import { formats } from '../formats/index.ts'
import { type ParsedRow, parseRow } from '../formats/parse-row.ts'
import { cleanPaste } from './clean-paste.ts'
import { COST, type Reading, readingsOf } from './field-shapes.ts'

export interface RepairedRow {
  readonly row: ParsedRow
  /** As the load balancer would have written it. */
  readonly line: string
  /** Every change, in order, as sentences. Empty: the row was whole. */
  readonly repairs: readonly string[]
  /** Further rows in the same paste. */
  readonly otherRows: number
}

/** With fewer fields that are just as AWS writes them, it is no row. */
const LEAST_EXACT = 6
const LEAST_EXACT_SHARE = 0.6
/** Longer is no row; the readings of a field would take their time. Of many rows, so much is looked at. */
const LONGEST = 200_000

/**
 * Reads a row that a person pasted. Each field has a shape (`app/NAME/16 hex`, `ip:port`, quoted text); of all ways to
 * lay the shapes along the text, the one with the fewest deviations is taken, and each of its deviations is told.
 * undefined: that is no row of a known format.
 */
export function repairRow(pasted: string): RepairedRow | undefined {
  const end = pasted.length > LONGEST ? pasted.lastIndexOf('\n', LONGEST) : pasted.length
  if (end <= 0) return undefined
  const { text, repairs } = cleanPaste(pasted.slice(0, end))
  const rows = separateRows(text)
  const unseen = pasted.slice(end).match(/^.*\S/gm)?.length ?? 0
  const first = rows[0]
  if (first === undefined) return undefined
  const best = cheapest(first)
  const whole = asWritten(first)
  if (whole && !(best && best.cost < DEAREST_OF_WHOLE))
    return { row: whole, line: first, repairs, otherRows: rows.length - 1 + unseen }
  if (!best || best.exact < Math.max(LEAST_EXACT, LEAST_EXACT_SHARE * best.tokens.length)) return undefined
  const line = lineOf(best)
  return {
    row: parseRow(best.format, line),
    line,
    repairs: [...repairs, ...best.repairs],
    otherRows: rows.length - 1 + unseen,
  }
}

/** A row that parses as it is; unless few and cheap repairs make a better one of it, it stays so. */
function asWritten(line: string): ParsedRow | undefined {
  return formats
    .map((format) => parseRow(format, line))
    .find((row) => !row.isBad && row.problems.length === 0 && looksLike(row.format, line) && hasItsQuotes(row))
}

/** Old rows leave them out around `-` only. */
function hasItsQuotes(row: ParsedRow): boolean {
  return row.fields.every(({ spec, isQuoted, raw }) => !spec || isQuoted === (spec.quoted === true) || raw === '-')
}

const DEAREST_OF_WHOLE = 7

/** A row begins with its type and time, or its time. */
const ROW_START =
  /(?:\b(?:https?|h2c?|grpcs?|wss?|tls|lambda)[ \n]*)?(?:(?:[12]\.0)[ \n]+)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g
const KNOWN_START = /^\s*(?:https?|h2c?|grpcs?|wss?|tls|lambda) +(?:[12]\.0 +)?\d{4}-\d\d-\d\dT\d\d:/
const KNOWN_TYPE = /(?:https?|h2c?|grpcs?|wss?|tls|lambda)$/

/** Lines that each begin like a row are rows of their own; other lines continue the one before. */
function separateRows(text: string): string[] {
  const rows: string[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const isStart = KNOWN_START.test(line) || formats.some((format) => looksLike(format, line.trim()))
    if (isStart || rows.length === 0) rows.push(line)
    else rows[rows.length - 1] += `\n${line}`
  }
  return rows
}

interface Alignment {
  readonly format: LogFormat
  readonly cost: number
  /** Fields whose text is exactly of their shape. */
  readonly exact: number
  readonly tokens: readonly { readonly raw: string; readonly isQuoted: boolean }[]
  readonly repairs: readonly string[]
}

function lineOf({ tokens }: Alignment): string {
  return tokens.map(({ raw, isQuoted }) => (isQuoted ? `"${raw}"` : raw)).join(' ')
}

/** Over all formats and, line break by line break, over "was a space" and "was nothing". */
function cheapest(text: string): Alignment | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  // Lines of one length were cut by a terminal's width; others were broken at spaces.
  const lengths = new Set(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.length),
  )
  const isHardWrapped = lines.length > 2 && lengths.size === 1
  const joints: ('' | ' ')[] = lines.slice(1).map(() => (isHardWrapped ? '' : ' '))
  const join = (): string => lines.map((line, index) => (joints[index - 1] ?? '') + line).join('')
  let best = alignAll(join())
  for (let index = 0; index < joints.length && index < 60; index++) {
    const usual = joints[index] ?? ' '
    joints[index] = usual === ' ' ? '' : ' '
    const other = alignAll(join())
    if (other && (!best || other.cost < best.cost)) best = other
    else joints[index] = usual
  }
  if (!best || joints.length === 0) return best
  const count = joints.length
  return { ...best, repairs: [`took out ${count === 1 ? 'a line break' : `${count} line breaks`}`, ...best.repairs] }
}

function alignAll(text: string): Alignment | undefined {
  let best: Alignment | undefined
  // A health check passed or failed; without the word, the beginning of any row would fit its few fields.
  const isCheck = /\b(?:PASS|FAIL)\b/.test(text)
  for (const format of formats)
    for (const start of startsOf(text, format)) {
      if (format.id === 'alb-health-check' && !isCheck) continue
      const found = align(format, text, start)
      if (found && (!best || found.cost < best.cost)) best = found
    }
  return best
}

/** Where a row of the format may begin: at its time, or at the type before that. */
function startsOf(text: string, format: LogFormat): number[] {
  ROW_START.lastIndex = 0
  const found = ROW_START.exec(text)
  if (!found) return []
  const starts = [found.index]
  const before = /[\w.-]+ +$/.exec(text.slice(0, found.index))
  // A type that nobody documented yet.
  if (before && format.fields[0]?.name === 'type' && !KNOWN_TYPE.test(text.slice(0, found.index)))
    starts.push(before.index)
  return starts
}

interface Step {
  readonly cost: number
  /** null: the row ends here. */
  readonly reading: Reading | null
  readonly spaces: number
  readonly isMissing: boolean
}

function align(format: LogFormat, text: string, start: number): Alignment | undefined {
  const memo = new Map<number, Step>()
  const hasQuotes = text.includes('"', start)
  const width = text.length + 1

  const best = (index: number, at: number): Step => {
    const key = index * width + at
    const known = memo.get(key)
    if (known) return known
    let step: Step = endHere(index, at)
    const spec = format.fields[index]
    if (at < text.length) {
      for (const reading of readingsOf(format, index, text, at, hasQuotes)) {
        const spaces = spacesAt(text, reading.end)
        const next = reading.end + spaces
        const gap = next >= text.length || spaces === 1 ? 0 : spaces === 0 ? COST.lostSpace : COST.doubledSpace
        const cost = reading.cost + gap + best(index + 1, next).cost
        if (cost < step.cost) step = { cost, reading, spaces, isMissing: false }
      }
      if (spec) {
        const cost = COST.missing + best(index + 1, at).cost
        if (cost < step.cost) step = { cost, reading: null, spaces: 0, isMissing: true }
      }
    }
    memo.set(key, step)
    return step
  }

  const endHere = (index: number, at: number): Step => {
    const lacking = Math.max(0, format.leastFields - index)
    const cut = lacking > 0 ? COST.cut + lacking : 0
    const tail = at < text.length ? COST.tail + text.slice(at).split(' ').length : 0
    return { cost: cut + tail, reading: null, spaces: 0, isMissing: false }
  }

  const repairs: string[] = []
  const before = text.slice(0, start).trim()
  if (before !== '') repairs.push(`left out ${quote(before)} before the row`)
  const tokens: { raw: string; isQuoted: boolean }[] = []
  const doubled: string[] = []
  let exact = 0
  let at = start
  for (let index = 0; ; index++) {
    const step = best(index, at)
    const spec = format.fields[index]
    const label = spec ? `field ${index + 1} (${spec.name})` : `field ${index + 1}`
    if (step.isMissing) {
      tokens.push({ raw: spec?.absent?.[0] ?? '-', isQuoted: false })
      repairs.push(`nothing stands for ${label}: taken as absent`)
      continue
    }
    if (!step.reading) break
    const { end, isQuoted } = step.reading
    if (spec && step.reading.cost < COST.loose) exact++
    const raw = text.slice(at, end)
    const isClosed = isQuoted && raw.length > 1 && raw.endsWith('"')
    // Rows of 2016 write a bare `-` where later ones write `"-"`; without any quotes, a shell took them.
    const isBareDash = raw === '-' && (hasQuotes || format.id === 'nlb')
    tokens.push({
      raw: isQuoted ? raw.slice(1, isClosed ? -1 : undefined) : raw,
      isQuoted: isQuoted || (spec?.quoted === true && !isBareDash),
    })
    if (!isQuoted && spec?.quoted && raw !== '-') repairs.push(`put back the quotes around ${label}`)
    at = end + step.spaces
    if (at >= text.length) {
      if (isQuoted && !isClosed) repairs.push(`the row ends in the middle of ${label}`)
      continue
    }
    if (step.spaces === 0) repairs.push(`put back a space after ${label}`)
    if (step.spaces > 1 && best(index + 1, at).reading) doubled.push(label)
  }
  if (doubled.length > 3) repairs.push(`took out doubled spaces after ${doubled.length} fields`)
  else for (const label of doubled) repairs.push(`took out a doubled space after ${label}`)
  if (at < text.length) repairs.push(`left out ${quote(text.slice(at))} after the row`)
  const cost = best(0, start).cost + (before === '' ? 0 : COST.loose)
  return tokens.length < 3 ? undefined : { format, cost, exact, tokens, repairs }
}

function spacesAt(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) === 32) end++
  return end - at
}

function quote(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 37)}...` : text}"`
}
