/** The targets that the product set itself, each held against what was measured in this run. */
export function targetRows({ measured, growth, first }) {
  const found = []
  const entry = (id, form) =>
    measured.find((one) => one.tool.id === id && one.form === form && one.seconds !== undefined)
  const row = (what, atLeast, value, isMet) => found.push([what, atLeast, value, isMet ? 'met' : 'missed'])

  for (const form of ['gzip', 'plain']) {
    const own = entry('why5xx', form)
    const duckdb = entry('duckdb', form)
    if (!own || !duckdb) continue
    const ratio = duckdb.seconds / own.seconds
    row(
      `whole diagnosis against DuckDB counting, ${form}`,
      'not slower',
      `${ratio.toFixed(2)} times as fast`,
      ratio >= 1,
    )
  }
  const own = entry('why5xx', 'plain')
  const goaccess = entry('goaccess', 'plain')
  if (own && goaccess) {
    const ratio = goaccess.seconds / goaccess.manifest.rows / (own.seconds / own.manifest.rows)
    row('against GoAccess, plain, per row', '50 times as fast', `${ratio.toFixed(0)} times as fast`, ratio >= 50)
  }
  const peak = entry('why5xx', 'gzip')?.peakBytes
  if (peak !== undefined) row('peak memory', '300 MB', `${Math.round(peak / 1e6)} MB`, peak <= 300e6)
  const peakAt = (factor) => growth.find((each) => each.factor === factor)?.peakBytes
  if (peakAt(1) !== undefined && peakAt(8) !== undefined) {
    const factor = peakAt(8) / peakAt(1)
    row('its growth from 1x to 8x input', '1.2 times', `${factor.toFixed(2)} times`, factor <= 1.2)
  }
  if (first.length === 2) {
    row('first output', '0.2 s', `${first[0].seconds.toFixed(2)} s`, first[0].seconds <= 0.2)
    row('report of 100 MB', '1 s', `${first[1].seconds.toFixed(2)} s`, first[1].seconds <= 1)
  }
  return found
}
