import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fail } from '../core/errors.ts'
import { expandGlob, isGlob } from '../read/glob.ts'
import { detectKind } from '../settings/detect.ts'
import type { FileHost, SourceFile } from '../settings/read/source-file.ts'

/** Larger files are no configuration. */
const mostBytes = 10 * 1_048_576
const mostFiles = 5000
const leftOut = new Set(['node_modules', '.git', '.terraform', 'vendor', '__pycache__'])

export interface ConfigFiles {
  readonly files: readonly SourceFile[]
  /** Given by name, but not readable, and why. */
  readonly unreadable: readonly { readonly name: string; readonly why: string }[]
}

/** Files, folders (walked), globs and `-` into texts. Folders give what looks like configuration, nothing else. */
export async function readConfigFiles(args: readonly string[], stdin: NodeJS.ReadStream): Promise<ConfigFiles> {
  const files = new Map<string, SourceFile>()
  const unreadable: { name: string; why: string }[] = []
  const take = (path: string, isGiven: boolean): void => {
    const name = normalize(path).replaceAll('\\', '/')
    if (files.has(name)) return
    const read = readText(path)
    if (typeof read === 'object') {
      if (isGiven) unreadable.push({ name, why: read.why })
      return
    }
    const file = { name, text: read, isFound: !isGiven }
    const isKnown = detectKind(file) !== 'unknown'
    if (isKnown) files.set(name, file)
    else if (isGiven) unreadable.push({ name, why: 'no manifest, nginx.conf, haproxy.cfg, Dockerfile or AWS JSON' })
  }
  for (const arg of args) {
    if (arg === '-') {
      const text = await readAll(stdin)
      files.set('stdin', { name: 'stdin', text })
      continue
    }
    if (!existsSync(arg)) {
      const found = isGlob(arg) ? expandGlob(arg) : []
      if (found.length === 0) fail('INPUT_MISSING', { path: arg })
      for (const path of found) take(path, true)
      continue
    }
    if (statSync(arg).isDirectory()) for (const path of walk(arg)) take(path, false)
    else take(arg, true)
  }
  return { files: [...files.values()], unreadable }
}

/** What included files are read with: paths as the including file spells them. */
export function diskHost(): FileHost {
  return {
    read: (path) => {
      const read = existsSync(path) && statSync(path).isFile() ? readText(path) : undefined
      return typeof read === 'string' ? read : undefined
    },
    glob: (pattern) =>
      expandGlob(pattern)
        .map((path) => normalize(path).replaceAll('\\', '/'))
        .sort(),
  }
}

function readText(path: string): string | { readonly why: string } {
  try {
    if (statSync(path).size > mostBytes) return { why: 'larger than 10 MB' }
    const bytes = readFileSync(path)
    if (bytes.includes(0)) return { why: 'not text' }
    return bytes.toString('utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

function walk(root: string): string[] {
  const found: string[] = []
  const seen = new Set<string>()
  const visit = (folder: string): void => {
    const real = realpathSync(folder)
    if (seen.has(real) || found.length >= mostFiles) return
    seen.add(real)
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
      if (leftOut.has(entry.name) || (entry.name.startsWith('.') && entry.isDirectory())) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile() && found.length < mostFiles) found.push(path)
    }
  }
  visit(root)
  return found
}

async function readAll(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk as Uint8Array)
    bytes += buffer.length
    if (bytes > mostBytes) fail('INPUT_UNREADABLE', { path: '-', why: 'larger than 10 MB' })
    chunks.push(buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
