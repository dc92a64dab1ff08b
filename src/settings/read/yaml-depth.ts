const mostBrackets = 500
const mostColumns = 2000

/**
 * Whether a text nests deeper than any manifest does: a parser that follows it could run out of stack, which ends the
 * process, not the parse. Brackets in strings count as well; nobody writes that many.
 */
export function isTooDeep(text: string): boolean {
  let depth = 0
  let column = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 91 || code === 123) depth++
    else if ((code === 93 || code === 125) && depth > 0) depth--
    if (depth > mostBrackets) return true
    // `- - - x` and indentation: every two columns may be a level.
    if (code === 10) column = 0
    else if (column >= 0) column = code === 32 || code === 45 || code === 63 || code === 58 ? column + 1 : -1
    if (column > mostColumns) return true
  }
  return false
}
