import type { Diagnosis } from '../core/diagnosis.ts'

/** The diagnosis as JSON for people and programs: indented, but every list of plain values on one line. */
export function renderJson(diagnosis: Diagnosis): string {
  return `${write(diagnosis, '')}\n`
}

/** One line of NDJSON, without the newline. */
export function jsonLine(value: object): string {
  return asciiControls(JSON.stringify(value))
}

function write(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return asciiControls(JSON.stringify(value) ?? 'null')
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    if (value.every(isPlain)) return asciiControls(JSON.stringify(value))
    return `[\n${value.map((part) => inner + write(part, inner)).join(',\n')}\n${indent}]`
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, part]) => `${inner}${asciiControls(JSON.stringify(key))}: ${write(part, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
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
