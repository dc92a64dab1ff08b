import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/**
 * The witnesses of one incident as if they had been written at the time of another: what a folder holds when somebody
 * copied another service's log into it. They fit in time and speak of somebody else.
 */
export async function withForeignWitnesses<T>(
  own: string,
  other: string,
  use: (paths: { readonly logs: readonly string[]; readonly witnesses: readonly string[] }) => Promise<T>,
): Promise<T> {
  const logs = filesIn(own).filter(isAccessLog)
  const apartMs = firstMs(logs) - firstMs(filesIn(other).filter(isAccessLog))
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-foreign-'))
  try {
    const witnesses = filesIn(other).filter((path) => !isAccessLog(path))
    for (const [index, path] of witnesses.entries()) {
      // Files of the same name lie in several folders.
      mkdirSync(join(folder, String(index)))
      const name = basename(path).replace(/\.gz$/, '')
      writeFileSync(join(folder, String(index), name), moveInTime(textOf(path), apartMs))
    }
    return await use({ logs, witnesses: [folder] })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every time in a text, whoever wrote it, so much later. Trace ids stay as they are. */
export function moveInTime(text: string, ms: number): string {
  const moved = (date: string, clock: string): string => new Date(Date.parse(`${date}T${clock}Z`) + ms).toISOString()
  return text
    .replace(/(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)/g, (_, date: string, between: string, clock: string) => {
      const iso = moved(date, clock)
      return `${iso.slice(0, 10)}${between}${iso.slice(11, 19)}`
    })
    .replace(
      /(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)/g,
      (_, year: string, month: string, day: string, clock: string) => {
        const iso = moved(`${year}-${month}-${day}`, clock)
        return `${iso.slice(0, 10).replaceAll('-', '/')} ${iso.slice(11, 19)}`
      },
    )
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]))
}

function isAccessLog(path: string): boolean {
  return /^\d+_elasticloadbalancing_/.test(basename(path))
}

function textOf(path: string): string {
  const bytes = readFileSync(path)
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8')
}

function firstMs(logs: readonly string[]): number {
  return Math.min(
    ...logs.flatMap((path) =>
      textOf(path)
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => Date.parse(row.split(' ')[1] ?? '')),
    ),
  )
}
