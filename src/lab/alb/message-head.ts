export interface HeaderLine {
  /** As it was sent; compare in lower case. */
  readonly name: string
  readonly value: string
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * The header lines of a head without its start line, or a word for what is wrong with them. Requests are read leniently:
 * odd names are kept, for the desync classification to name them (EmptyHeader, SuspiciousHeader, NonCompliantHeader).
 */
export function parseHeaderLines(text: string, isLenient = false): readonly HeaderLine[] | 'bad-header' {
  const headers: HeaderLine[] = []
  if (text === '') return headers
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (isLenient && line.trim() === '') {
      headers.push({ name: '', value: '' })
      continue
    }
    // A line that starts with white space is an obsolete folded header: AWS does not support multi-line headers.
    const isNameGood = isLenient ? /^[^ \t\0\r\n]|^$/.test(line.slice(0, colon)) : TOKEN.test(line.slice(0, colon))
    if (colon < 0 || !isNameGood) return 'bad-header'
    const value = trimSpace(line.slice(colon + 1))
    if (/[\0\r\n]/.test(value)) return 'bad-header'
    headers.push({ name: line.slice(0, colon), value })
  }
  return headers
}

/** RFC 9110 optional white space: space and tab only. */
function trimSpace(value: string): string {
  return value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** All values of a header, in order. */
export function valuesOf(headers: readonly HeaderLine[], lowerName: string): string[] {
  const values: string[] = []
  for (const header of headers) if (header.name.toLowerCase() === lowerName) values.push(header.value)
  return values
}

export function firstOf(headers: readonly HeaderLine[], lowerName: string): string | undefined {
  for (const header of headers) if (header.name.toLowerCase() === lowerName) return header.value
  return undefined
}

/** Whether a comma list such as `Connection: keep-alive, Upgrade` has the word. */
export function hasWord(headers: readonly HeaderLine[], lowerName: string, word: string): boolean {
  return valuesOf(headers, lowerName).some((value) =>
    value.split(',').some((part) => part.trim().toLowerCase() === word),
  )
}
