const nginxUnits: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
}

/** `75`, `75s`, `1m30s`, `500ms` of nginx, in seconds. */
export function nginxSeconds(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(\d+(ms|[smhdwMy])\s*)+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdwMy])/g))
    total += Number(amount) * (nginxUnits[unit as string] ?? 0)
  return total
}

/** `4096`, `16k`, `1m` of nginx, in bytes. */
export function nginxBytes(text: string): number | undefined {
  const match = /^(\d+)([kKmMgG])?$/.exec(text)
  if (!match) return undefined
  const factor = { k: 1024, m: 1_048_576, g: 1_073_741_824 }[(match[2] ?? '').toLowerCase()]
  return Number(match[1]) * (factor ?? 1)
}

/** HAProxy counts milliseconds unless told otherwise. */
export function haproxySeconds(text: string): number | undefined {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text)
  if (!match) return undefined
  const factor = { us: 1e-6, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }[match[2] ?? 'ms']
  return Number(match[1]) * (factor ?? 0.001)
}

/** Spring: `75s`, `75000ms`, `PT75S`, plain milliseconds. */
export function springSeconds(text: string): number | undefined {
  const iso = /^PT(\d+)S$/i.exec(text)
  if (iso) return Number(iso[1])
  const match = /^(-?\d+)(ms|s|m|h)?$/.exec(text)
  if (!match) return undefined
  const factor = { ms: 0.001, s: 1, m: 60, h: 3600 }[match[2] ?? 'ms'] ?? 0.001
  return Number(match[1]) * factor
}
