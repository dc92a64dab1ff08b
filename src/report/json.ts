import type { Diagnosis } from '../core/diagnosis.ts'

/** The diagnosis as JSON for people and programs: indented, but every list of plain values on one line. */
export function renderJson(diagnosis: Diagnosis): string {
  const parts: string[] = []
  write(diagnosis, '', parts)
  parts.push('\n')
  return parts.join('')
}

/** One line of NDJSON, without the newline. */
export function jsonLine(value: object): string {
  return asciiControls(JSON.stringify(value))
}

/** Into one list: joined within each other, megabytes would be copied once for each level. */
function write(value: unknown, indent: string, parts: string[]): void {
  const isList = Array.isArray(value)
  if (isPlain(value) || (isList && value.every(isPlain))) {
    parts.push(asciiControls(JSON.stringify(value) ?? 'null'))
    return
  }
  const inner = `${indent}  `
  const entries = isList ? value.map((part) => ['', part]) : Object.entries(value as object)
  let between = isList ? '[\n' : '{\n'
  const before = parts.length
  for (const [key, part] of entries) {
    if (part === undefined && !isList) continue
    parts.push(between, inner, isList ? '' : `${asciiControls(JSON.stringify(key))}: `)
    write(part, inner, parts)
    between = ',\n'
  }
  parts.push(parts.length === before ? '{}' : `\n${indent}${isList ? ']' : '}'}`)
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
