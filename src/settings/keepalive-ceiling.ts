/**
 * Largest share of requests that the keep-alive race can lose when requests reach an idle connection as a Poisson
 * stream: `w / (e * T)`, `w` = width of the race window (about one round trip), `T` = the keep-alive that is too short.
 * P(gap in (T - w, T)) is about w * lambda * exp(-lambda T), largest at lambda = 1 / T.
 */
export function keepAliveCeiling(keepAliveSeconds: number, raceWindowSeconds = 0.002): number {
  if (!(keepAliveSeconds > 0)) return 0
  return Math.min(1, raceWindowSeconds / (Math.E * keepAliveSeconds))
}
