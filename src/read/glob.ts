import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Node 20 has no glob of its own. `*`, `?`, `[...]`, `{a,b}` and `**`, as shells have them; quoted ones arrive here. */
export function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern)
}

/** Paths that match, sorted. Names that begin with a dot match only a pattern that does. */
export function expandGlob(pattern: string): string[] {
  const found = new Set<string>()
  for (const one of expandBraces(pattern.replaceAll('\\', '/'))) {
    const segments = one.split('/').filter((segment, index) => segment !== '' || index === 0)
    const isAbsolute = segments[0] === ''
    walk(isAbsolute ? '/' : '', isAbsolute ? segments.slice(1) : segments, found, 0)
  }
  return [...found].sort()
}

const DEEPEST = 64

function walk(base: string, segments: readonly string[], found: Set<string>, depth: number): void {
  const [segment, ...rest] = segments
  if (segment === undefined) {
    found.add(base)
    return
  }
  if (depth > DEEPEST) return
  if (segment === '**') {
    walk(base, rest, found, depth + 1)
    for (const name of namesIn(base)) if (isFolder(join(base, name))) walk(join(base, name), segments, found, depth + 1)
    return
  }
  if (!isGlob(segment)) {
    const path = join(base, segment)
    if (statOf(path)) walk(path, rest, found, depth + 1)
    return
  }
  const matches = segmentPattern(segment)
  for (const name of namesIn(base, segment.startsWith('.')))
    if (matches.test(name) && (rest.length === 0 || isFolder(join(base, name))))
      walk(join(base, name), rest, found, depth + 1)
}

function namesIn(folder: string, withHidden = false): string[] {
  try {
    return readdirSync(folder === '' ? '.' : folder).filter((name) => withHidden || !name.startsWith('.'))
  } catch {
    return [] // no folder, or not ours to read: nothing matches in it
  }
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true
}

function segmentPattern(segment: string): RegExp {
  let source = ''
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at] ?? ''
    const close = char === '[' ? segment.indexOf(']', at + 2) : -1
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else if (close > 0) {
      const inside = segment
        .slice(at + 1, close)
        .replace(/^!/, '^')
        .replace(/[\\\]]/g, '\\$&')
      source += `[${inside}]`
      at = close
    } else source += char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    return /^\b$/ // a set such as [z-a] matches nothing
  }
}

const MOST_ALTERNATIVES = 1_000

function expandBraces(pattern: string): string[] {
  let done: string[] = []
  let open = [pattern]
  while (open.length > 0 && open.length + done.length < MOST_ALTERNATIVES) {
    const next: string[] = []
    for (const one of open) {
      const group = /\{([^{}]*,[^{}]*)\}/.exec(one)
      if (!group) done = [...done, one]
      else
        for (const part of (group[1] ?? '').split(','))
          next.push(one.slice(0, group.index) + part + one.slice(group.index + group[0].length))
    }
    open = next
  }
  return done
}
