import { mapStrings } from './map-strings.ts'

// Everything that can move the cursor, reorder, hide or merge what stands around it: C0, DEL and C1 controls, format
// characters (bidi overrides and isolates, zero-width, tags), line and paragraph separators, default-ignorable
// characters (variation selectors, Hangul fillers), lone surrogates, private use, and odd spaces.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu
// More than two marks on one letter climb over the lines around it.
const STACKED_MARKS = /(\p{M}{2})(\p{M}+)/gu

/**
 * Text that came from a log, harmless in a terminal and on one line. What is replaced stays visible, in the notation
 * the load balancer itself uses: `\x1B`, or `\u{202E}` above one byte.
 */
export function neutralise(text: string): string {
  return text.replace(UNSAFE, escapeCharacter).replace(STACKED_MARKS, (_, kept: string, rest: string) => {
    return kept + Array.from(rest, escapeCharacter).join('')
  })
}

/** The same for text of several lines, such as a patch. */
export function neutraliseLines(text: string): string {
  return text.split(/\r?\n/).map(neutralise).join('\n')
}

const SEVERAL_LINES: ReadonlySet<string> = new Set(['patch', 'undo'])

/** Every string of a diagnosis (or any plain data) at once, so that no reporter can forget one. */
export function neutraliseAll<T>(value: T): T {
  return mapStrings(value, (text, path) =>
    SEVERAL_LINES.has(path.at(-1) ?? '') ? neutraliseLines(text) : neutralise(text),
  )
}

function escapeCharacter(character: string): string {
  // Authors write "84 %" with a no-break space; it is one column wide like any other.
  if (character === '\u00A0' || character === '\u202F') return ' '
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`
}

/** Only ASCII, for terminals and files that can show nothing else. */
export function toAscii(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "not ASCII"
  return text.replace(/[^\x00-\x7F]/gu, (character) => ASCII[character] ?? escapeCharacter(character))
}

const ASCII: Readonly<Record<string, string>> = {
  '…': '...',
  '–': '-',
  '—': '-',
  '·': '-',
  '•': '-',
  '×': 'x',
  '→': '->',
  '≥': '>=',
  '≤': '<=',
  '≈': '~',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  µ: 'u',
}

/** A sentence that may hold parts of a row, inside Markdown: no markup, no HTML, no link, no mention. */
export function markdownText(text: string): string {
  return (
    neutralise(text)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/[\\`*_{}[\]#|~!]/g, '\\$&')
      .replace(/^(\s*)([-+=])/, '$1\\$2')
      .replace(/^(\s*\d+)([.)])/, '$1\\$2')
      // Bare addresses become links by themselves (GitHub Flavored Markdown, "autolinks"). They are found in the text as
      // written, so an escape in the middle stops them; mentions are found later, so only a code span does.
      .replace(/:\/\//g, ':\\/\\/')
      .replace(/www\./gi, (found) => `${found.slice(0, 3)}\\.`)
      .replace(/@/g, '`@`')
  )
}

/** A value from a row as a code span, safe in a table too. Backticks and pipes are written as the row itself would: `\x60`. */
export function markdownCode(text: string): string {
  const safe = neutralise(text).replace(/`/g, '\\x60').replace(/\|/g, '\\x7C').trim()
  return safe === '' ? '' : `\`${safe}\``
}

/** One cell of a CSV file. A leading `=`, `+`, `-`, `@` is a formula to a spreadsheet (OWASP, "CSV injection"). */
export function csvCell(text: string): string {
  const safe = neutralise(text)
  const isFormula = /^\s*[=+\-@＝＋－＠]/.test(safe)
  return `"${isFormula ? "'" : ''}${safe.replace(/"/g, '""')}"`
}
