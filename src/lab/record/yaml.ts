/** Plain objects as YAML, for manifests that people read. Keys and values come from the lab, never from a log. */
export function toYaml(value: unknown, indent = 0): string {
  const pad = '  '.repeat(indent)
  if (Array.isArray(value))
    return value
      .map((item) => {
        if (typeof item !== 'object' || item === null) return `${pad}- ${scalar(item)}\n`
        return `${pad}- ${toYaml(item, indent + 1).slice(pad.length + 2)}`
      })
      .join('')
  return Object.entries(value as Record<string, unknown>)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => {
      if (typeof item === 'string' && item.includes('\n'))
        return `${pad}${key}: |\n${item.replace(/\n$/, '').replace(/^(?=.)/gm, `${pad}  `)}\n`
      if (typeof item !== 'object' || item === null) return `${pad}${key}: ${scalar(item)}\n`
      if (Array.isArray(item) && item.every((one) => typeof one !== 'object'))
        return `${pad}${key}: [${item.map(scalar).join(', ')}]\n`
      return `${pad}${key}:\n${toYaml(item, indent + 1)}`
    })
    .join('')
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  const isPlain = /^[A-Za-z/][\w./ -]*$/.test(value) && !/^(true|false|yes|no|null|on|off)$/i.test(value)
  return isPlain ? value : `'${value.replaceAll("'", "''")}'`
}
