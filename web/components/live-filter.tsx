/** Place for what only the live page can do; the report from disk has no logs to read again. */
export function LiveFilter() {
  return null
}
