/** A piece of logged text: shown as it stands, or as the name of a character that would act or hide. */
export interface Piece {
  readonly text: string
  readonly isNamed: boolean
}

/**
 * Splits text that a stranger wrote. Controls, bidi overrides, zero-width and other format characters, line separators
 * and lone surrogates become visible names; the rest is text. HTML needs no care here: it only ever becomes a text node.
 */
export function inert(text: string, isBlock = false): readonly Piece[] {
  const pieces: Piece[] = []
  let last = 0
  for (const found of text.matchAll(acting)) {
    if (isBlock && (found[0] === '\n' || found[0] === '\t')) continue
    if (found.index > last) pieces.push({ text: text.slice(last, found.index), isNamed: false })
    pieces.push({ text: nameOf(found[0]), isNamed: true })
    last = found.index + found[0].length
  }
  if (last < text.length) pieces.push({ text: text.slice(last), isNamed: false })
  return pieces
}

/** The same as one string, for titles and files. */
export function inertText(text: string): string {
  return text.replace(acting, nameOf)
}

// Cc, Cf, Zl, Zp, lone surrogates, private use, and spaces that look like none (a no-break space is only a space).
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u115F\u1160\u3164\uFFA0\u2000-\u200A\u3000]/gu

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
