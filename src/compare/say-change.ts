import { formatCount, formatDecimal, plural } from '../report/format-number.ts'
import type { ChangeVerdict } from './comparison.ts'
import { type Rate, type Ratio, requestsToTell } from './rates.ts'

export const verdictWords: Readonly<Record<ChangeVerdict, string>> = {
  gone: 'gone',
  fewer: 'fewer',
  same: 'the same',
  more: 'more',
  new: 'new',
  'cannot-tell': 'cannot be told',
}

/** What the two intervals allow to be said. */
export function judgeChange(before: Rate, after: Rate, ratio: Ratio): ChangeVerdict {
  if (ratio.high !== null && ratio.high < 1) return after.failures === 0 ? 'gone' : 'fewer'
  if (ratio.low > 1) return before.failures === 0 ? 'new' : 'more'
  if (ratio.low >= 2 / 3 && ratio.high !== null && ratio.high <= 1.5) return 'same'
  return 'cannot-tell'
}

/** `gone: 77 of 1,341 before, 0 of 2,010 after (at most 0.18 %)`. */
export function sayChange(
  verdict: ChangeVerdict,
  before: Rate,
  after: Rate,
  ratio: Ratio,
  clumping: number,
  why?: string,
): string {
  const counts = `${side(before)} before, ${side(after)} after`
  const words = verdictWords[verdict]
  if (why !== undefined) return `${words}: ${counts}; ${why}`
  if (verdict === 'cannot-tell') return `${words}: ${counts}; ${whyNot(before, after, ratio, clumping)}`
  if (ratio.value === null || after.failures === 0) return `${words}: ${counts}`
  return `${words}: ${counts}; ${times(ratio.value)} times the rate (${times(ratio.low)} to ${times(ratio.high)})`
}

function side(rate: Rate): string {
  const share = rate.failures === 0 ? `at most ${percent(rate.high)}` : percent(rate.rate)
  return `${formatCount(rate.failures)} of ${formatCount(rate.requests)} (${share})`
}

function whyNot(before: Rate, after: Rate, ratio: Ratio, clumping: number): string {
  const bursts =
    clumping >= 2 ? ` and they came in bursts (about ${formatDecimal(clumping)} failures count as one event)` : ''
  if (before.failures === 0) return `too few to call it new${bursts}`
  if (after.failures === 0) {
    const needed = requestsToTell(before, clumping)
    return `too few before to call it gone${bursts}: about ${roughly(needed)} requests without one would settle it`
  }
  return `too few${bursts}: the rate may be ${times(ratio.low)} to ${times(ratio.high)} times what it was`
}

/** A share of requests with two digits: `5.7 %`, `0.18 %`, `0.0041 %`. */
export function percent(share: number): string {
  const value = share * 100
  if (value === 0) return '0 %'
  if (value < 0.0001) return 'below 0.0001 %'
  return `${value >= 99.5 ? formatDecimal(value) : String(Number(value.toPrecision(2)))} %`
}

function times(ratio: number | null): string {
  if (ratio === null || ratio > 10_000) return 'any number of'
  return ratio >= 100 ? formatCount(Math.round(ratio)) : String(Number(ratio.toPrecision(2)))
}

function roughly(count: number): string {
  return formatCount(Number(count.toPrecision(2)))
}

/** `20 failures`, with the rate where there are any. */
export function sayRate(rate: Rate): string {
  return rate.failures === 0
    ? `no failure in ${plural(rate.requests, 'request')} (at most ${percent(rate.high)})`
    : `${percent(rate.rate)} (${formatCount(rate.failures)} of ${formatCount(rate.requests)})`
}
