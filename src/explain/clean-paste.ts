export interface CleanPaste {
  /** One or several lines. */
  readonly text: string
  /** What was changed, as sentences. */
  readonly repairs: readonly string[]
}

/** What chats, blogs, shells and terminals put around or into a row; its spaces and line breaks are left alone. */
export function cleanPaste(pasted: string): CleanPaste {
  const repairs: string[] = []
  let text = pasted.replace(/\r\n?/g, '\n').replace(/[\u2028\u2029]/g, '\n')
  const change = (next: string, repair: string): void => {
    if (next !== text) repairs.push(repair)
    text = next
  }
  text = text
    .replace(/[\u200B-\u200D\u2060\uFEFF\u00AD]/g, '')
    .replace(/[\u00A0\u2000-\u200A\u202F\u205F\u3000\t]/g, ' ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes of a terminal or of grep --color
  change(text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, ''), 'took out the colours of a terminal')
  change(text.replace(/^[ \t]*(?:```|~~~)[^\n]*\n?/gm, ''), 'took out the code fence')
  change(
    text
      .replace(/&quot;|&#34;/g, '"')
      .replace(/&amp;/g, '&')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>'),
    'turned HTML entities back into characters',
  )
  const curly = text.match(/[“”„‟«»″＂]/g)?.length ?? 0
  change(text.replace(/[“”„‟«»″＂]/g, '"'), `made ${curly} typographic quotes straight`)
  change(text.replace(/[‐‑‒–—−]/g, '-'), 'made typographic dashes plain')
  change(text.replace(/…/g, '...'), 'wrote out an ellipsis')
  const lines = text.split('\n')
  const isMarked = lines.filter((line) => line.trim() !== '').every((line) => /^\s*[>|│]/.test(line))
  if (isMarked)
    change(lines.map((line) => line.replace(/^\s*[>|│]+ ?/, '')).join('\n'), 'took out the marks of a quotation')
  text = text.trim()
  change(text.replace(/^(?:[$#%❯➜>]\s+)+/, ''), 'took out a shell prompt')
  const escaped = text.match(/\\"/g)?.length ?? 0
  if (escaped >= 4 && escaped >= (text.match(/(?<!\\)"/g)?.length ?? 0))
    change(text.replace(/\\"/g, '"'), `took out the backslashes before ${escaped} quotes`)
  const doubled = text.match(/""[^" ]|[^" ]""/g)?.length ?? 0
  if (doubled >= 4) change(text.replace(/""/g, '"'), `made ${doubled} doubled quotes single`)
  const inner = unwrap(text)
  if (inner !== text) change(inner, 'took out the quotes around the row')
  return { text, repairs }
}

/** A row begins with no quote of any kind, and holds an even number of straight ones. */
function unwrap(text: string): string {
  let inner = text.trim()
  for (const mark of ['`', "'", '"']) {
    const isWrapped = inner.startsWith(mark)
    if (isWrapped) inner = inner.slice(1).trim()
    const isSpare = mark === '"' ? isWrapped && (inner.match(/"/g)?.length ?? 0) % 2 === 1 : true
    if (inner.endsWith(mark) && isSpare) inner = inner.slice(0, -1).trim()
  }
  return inner
}
