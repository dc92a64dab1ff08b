/** `12,345`: as en-US writes it. The first number that Intl formats would cost ten milliseconds. */
export function formatCount(value: number): string {
  if (!Number.isInteger(value)) return value.toLocaleString('en-US')
  const digits = String(Math.abs(value))
  let grouped = digits.slice(-3)
  for (let end = digits.length - 3; end > 0; end -= 3) grouped = `${digits.slice(Math.max(0, end - 3), end)},${grouped}`
  return value < 0 ? `-${grouped}` : grouped
}
