import type { Diagnosis } from '../core/diagnosis.ts'

/** The diagnosis as JSON for people and programs: indented, but every list of plain values on one line. */
export function renderJson(diagnosis: Diagnosis): string {
  const parts: string[] = []
  writeJson(diagnosis, (part) => parts.push(part))
  return parts.join('')
}

/** The same in pieces, so that all of it need not be in memory. */
export function writeJson(diagnosis: Diagnosis, put: (piece: string) => void): void {
  const parts: string[] = []
  let length = 0
  const flush = (): void => {
    put(parts.join(''))
    parts.length = length = 0
  }
  write(diagnosis, '', (part) => {
    parts.push(part)
    length += part.length
    if (length > PIECE_LENGTH) flush()
  })
  parts.push('\n')
  flush()
}

const PIECE_LENGTH = 262_144

/** One line of NDJSON, without the newline. */
export function jsonLine(value: object): string {
  return asciiControls(JSON.stringify(value))
}

function write(value: unknown, indent: string, put: (part: string) => void): void {
  const isList = Array.isArray(value)
  if (isPlain(value) || (isList && value.every(isPlain))) {
    put(asciiControls(JSON.stringify(value) ?? 'null'))
    return
  }
  const inner = `${indent}  `
  const entries = isList ? value.map((part) => ['', part]) : Object.entries(value as object)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  let between = `${open}\n`
  for (const [key, part] of entries) {
    if (part === undefined && !isList) continue
    put(`${between}${inner}${isList ? '' : `${asciiControls(JSON.stringify(key))}: `}`)
    write(part, inner, put)
    between = ',\n'
  }
  put(between === ',\n' ? `\n${indent}${close}` : `${open}${close}`)
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

// JSON.stringify escapes C0 only. DEL, C1 (0x9B starts an escape sequence in some terminals), bidi and zero-width
// characters are written as \u and four hex digits: the same value to every reader, harmless when shown.
const LEFT_RAW = /[\p{Cf}\p{Zl}\p{Zp}\u007F-\u009F]/gu

function asciiControls(json: string): string {
  return json.replace(LEFT_RAW, (character) => {
    let escaped = ''
    for (let index = 0; index < character.length; index++)
      escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
    return escaped
  })
}
