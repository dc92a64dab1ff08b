/** One CSV record (its line breaks inside quotes included) to fields; `""` inside quotes is a quote. Never throws. */
export function parseCsvRecord(record: string, separator: ',' | '\t'): string[] {
  const fields: string[] = []
  let at = 0
  for (;;) {
    let field = ''
    if (record.charCodeAt(at) === 34) {
      at++
      for (;;) {
        const quote = record.indexOf('"', at)
        if (quote < 0) {
          field += record.slice(at)
          at = record.length
          break
        }
        field += record.slice(at, quote)
        at = quote + 1
        if (record.charCodeAt(at) !== 34) break
        field += '"'
        at++
      }
    }
    let end = record.indexOf(separator, at)
    if (end < 0) end = record.length
    fields.push(field + record.slice(at, end))
    if (end >= record.length) return fields
    at = end + 1
  }
}

/** Where the record that begins at `from` ends (its line break's index), or -1 when it goes on beyond `text`. */
export function csvRecordEnd(text: string, from: number, separator: ',' | '\t'): number {
  let at = from
  for (;;) {
    if (text.charCodeAt(at) === 34) {
      at++
      for (;;) {
        const quote = text.indexOf('"', at)
        if (quote < 0) return -1
        at = quote + 1
        if (text.charCodeAt(at) !== 34) break
        at++
      }
    }
    const newline = text.indexOf('\n', at)
    const next = text.indexOf(separator, at)
    if (next < 0 || (newline >= 0 && newline < next)) return newline
    at = next + 1
  }
}
