/** `# why5xx-ignore RULE: reason` on the line of a finding, or in the comment lines right above it. */
export interface Ignore {
  readonly rule: string
  readonly reason: string
  readonly line: number
}

const comment = /#\s*why5xx-ignore[ \t]+([a-z0-9-]+)[ \t]*(?::[ \t]*(.*))?$/

export function ignoresOf(text: string): readonly Ignore[] {
  const found: Ignore[] = []
  text.split('\n').forEach((line, index) => {
    const match = comment.exec(line.trimEnd())
    if (match) found.push({ rule: match[1] ?? '', reason: (match[2] ?? '').trim(), line: index + 1 })
  })
  return found
}

/** The ignore that covers a finding of this rule on this line. One without a reason covers nothing. */
export function ignoredBy(ignores: readonly Ignore[], text: string, rule: string, line: number): Ignore | undefined {
  const candidates = ignores.filter((each) => each.rule === rule && each.reason !== '' && each.line <= line)
  // Most findings have none, and splitting a large file for each would take longer than the check.
  if (candidates.length === 0) return undefined
  const lines = text.split('\n')
  let first = line
  while (first > 1 && /^\s*#/.test(lines[first - 2] ?? '')) first--
  return candidates.find((each) => each.line >= first)
}
