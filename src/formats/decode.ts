const ESCAPE = /(?:\\x(?:000000[0-9a-fA-F]{2}|[0-9a-fA-F]{2}))+/g
const ONE = /\\x(?:000000)?([0-9a-fA-F]{2})/g
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Load balancers write a quote, a backslash and every byte outside ASCII as `\xHH` (as nginx does). One published row
 * has eight digits, `\x00000022`. A run of escapes is one run of UTF-8 bytes; anything else stays as it is.
 */
export function decodeEscapes(text: string): string {
  if (!text.includes('\\x')) return text
  return text.replace(ESCAPE, (run) =>
    utf8.decode(Uint8Array.from(run.matchAll(ONE), (one) => Number.parseInt(one[1] ?? '0', 16))),
  )
}
