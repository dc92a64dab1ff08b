// Columns a terminal needs. Wide = East Asian Wide and Fullwidth (Unicode UAX #11) and emoji; marks need none. In
// doubt the larger number: a line may then be a column short, never too long.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d37f],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
]

const ASCII_ONLY = /^[\x20-\x7e]*$/
const EMOJI = /\p{Emoji_Presentation}/u
const MARK = /[\p{Mn}\p{Me}]/u

export function widthOf(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (MARK.test(character)) return 0
  if (EMOJI.test(character)) return 2
  for (const [first, last] of WIDE) if (code >= first && code <= last) return 2
  return 1
}

/** At most `columns` wide; what is cut off shows as `ellipsis`. */
export function fitTo(text: string, columns: number, ellipsis = '…'): string {
  if (widthOf(text) <= columns) return text
  if (columns <= widthOf(ellipsis)) return take(ellipsis, Math.max(0, columns))
  return take(text, columns - widthOf(ellipsis)) + ellipsis
}

/** The same, cut out of the middle: for file names and paths, where both ends say something. */
export function fitMiddle(text: string, columns: number, ellipsis = '…'): string {
  if (widthOf(text) <= columns) return text
  const room = columns - widthOf(ellipsis)
  if (room < 8) return fitTo(text, columns, ellipsis)
  const tail = Math.ceil(room * 0.6)
  return take(text, room - tail) + ellipsis + takeEnd(text, tail)
}

/** The same, cut at the front: of a file's path the end says most. */
export function fitEnd(text: string, columns: number, ellipsis = '…'): string {
  if (widthOf(text) <= columns) return text
  const name = text.slice(text.lastIndexOf('/') + 1)
  if (name !== text && widthOf(name) + widthOf(ellipsis) + 1 <= columns) return `${ellipsis}/${name}`
  return ellipsis + takeEnd(text, Math.max(0, columns - widthOf(ellipsis)))
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text
}

// A number stays on the line of its unit.
const BEFORE_UNIT = /(\d) (?=(?:%|s|ms|min|h|d|B|kB|MB|GB|UTC)(?!\w))/g

/** Parts on lines of at most `columns`, joined by `glue`; a part stays whole where it fits on a line. */
export function wrapParts(parts: readonly string[], glue: string, columns: number): string[] {
  const isWhole = (part: string): boolean => widthOf(part) <= columns - widthOf(glue)
  return wrap(
    parts.map((part) => (isWhole(part) ? part.replace(/ /g, '\u00A0') : part)).join(`\u00A0${glue} `),
    columns,
  )
}

/** Words on lines of at most `columns`; a word longer than a line is cut into pieces. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(1, columns)
  const lines: string[] = []
  let line = ''
  for (let word of text.replace(BEFORE_UNIT, '$1\u00A0').split(' ')) {
    if (word === '') continue
    if (line !== '' && widthOf(line) + 1 + widthOf(word) <= room) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    while (widthOf(word) > room) {
      const piece = take(word, room) || word.slice(0, 1)
      lines.push(piece)
      word = word.slice(piece.length)
    }
    line = word
  }
  if (line !== '') lines.push(line)
  return lines.map((done) => done.replace(/\u00A0/g, ' '))
}

function take(text: string, columns: number): string {
  let width = 0
  let end = 0
  for (const character of text) {
    width += characterWidth(character)
    if (width > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

function takeEnd(text: string, columns: number): string {
  const characters = Array.from(text)
  let width = 0
  let start = characters.length
  while (start > 0) {
    width += characterWidth(characters[start - 1] ?? '')
    if (width > columns) break
    start--
  }
  return characters.slice(start).join('')
}
