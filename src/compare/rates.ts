import { betaQuantile } from './beta.ts'

/** Failures of so many requests, and the 95 % interval of the rate. All of it between 0 and 1. */
export interface Rate {
  readonly failures: number
  readonly requests: number
  readonly rate: number
  readonly low: number
  readonly high: number
}

/** How many times the rate before the rate after is; `high` is null where there is no upper end. */
export interface Ratio {
  /** null: none before. */
  readonly value: number | null
  readonly low: number
  readonly high: number | null
}

const TAIL = 0.025

/**
 * The exact (Clopper-Pearson) interval: it is never too narrow, whatever the rate, and 0 of N gives an upper end. Failures
 * that come in bursts say less than as many that come alone: `clumping` of them count as one.
 */
export function rateOf(failures: number, requests: number, clumping = 1): Rate {
  if (requests <= 0) return { failures, requests, rate: 0, low: 0, high: 1 }
  const events = failures / clumping
  const trials = requests / clumping
  return {
    failures,
    requests,
    rate: failures / requests,
    low: failures === 0 ? 0 : betaQuantile(TAIL, events, trials - events + 1),
    high: failures >= requests ? 1 : betaQuantile(1 - TAIL, events + 1, trials - events),
  }
}

/**
 * The exact interval of the ratio of two rates of rare events: given how many there are in both together, how many of
 * them fall after the change is binomial (Przyborowski and Wilenski 1940). Wider than need be where most requests fail.
 */
export function ratioOf(before: Rate, after: Rate, clumping = 1): Ratio {
  const first = before.failures / clumping
  const second = after.failures / clumping
  const perShare = (share: number): number => (share / (1 - share)) * (before.requests / after.requests)
  return {
    value: before.failures === 0 ? null : after.rate / before.rate,
    low: second === 0 ? 0 : perShare(betaQuantile(TAIL, second, first + 1)),
    high: first === 0 ? null : perShare(betaQuantile(1 - TAIL, second + 1, first)),
  }
}

/** Requests after the change, none of them failing, from which "gone" could be said. */
export function requestsToTell(before: Rate, clumping = 1): number {
  const share = betaQuantile(1 - TAIL, 1, before.failures / clumping)
  return Math.ceil((before.requests * share) / (1 - share))
}
