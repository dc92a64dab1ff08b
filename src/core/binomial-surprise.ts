/** -log10 of the chance that at least `found` of `of` happen when each has the chance `usual`, `found` being more than usual. */
export function binomialSurprise(found: number, of: number, usual: number): number {
  // P(X = found), then the geometric tail behind it.
  const ln =
    lnFactorial(of) -
    lnFactorial(found) -
    lnFactorial(of - found) +
    found * Math.log(usual) +
    (of - found) * Math.log(1 - usual)
  const ratio = (((of - found) / (found + 1)) * usual) / (1 - usual)
  return Math.max(0, -(ln - Math.log(1 - Math.min(ratio, 0.9))) / Math.LN10)
}

const lnFactorials = [0]
const LARGE = 4_096

function lnFactorial(n: number): number {
  // Stirling's series: right to twelve digits for numbers this large, and no table of millions.
  if (n > LARGE) return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n)
  for (let next = lnFactorials.length; next <= n; next++)
    lnFactorials.push((lnFactorials[next - 1] as number) + Math.log(next))
  return lnFactorials[n] as number
}
