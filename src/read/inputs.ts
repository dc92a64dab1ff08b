import { type BigIntStats, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../core/errors.ts'
import { readBlocks } from './byte-chunks.ts'
import { expandGlob, isGlob } from './glob.ts'
import { readHead } from './head.ts'
import { type LogFileName, parseLogFileName } from './log-file-name.ts'

/** What a file holds, by its first bytes; whoever calls says what is a log (src/read knows no format). */
export interface Seen {
  /** `log`: its rows are read. Anything else is listed. */
  readonly kind: string
  /** Completes "this is ...". */
  readonly seen?: string
}

export interface InputFile<Detected extends Seen = Seen> {
  /** As the operator will recognise it; `(standard input)` for `-`. */
  readonly name: string
  /** To open; `-` for standard input. */
  readonly path: string
  /** On disk; null for pipes. */
  readonly bytes: number | null
  readonly isGzip: boolean
  /** By its first bytes; null for pipes, which can be read only once: detect in the first block. */
  readonly detection: Detected | null
  readonly fileName: LogFileName | null
}

/** Named, but the same bytes as another one. */
export interface LeftOutInput {
  readonly name: string
  readonly bytes: number
  /** A sentence: `the same file as ...`. */
  readonly note: string
}

export interface UnreadableInput {
  readonly name: string
  readonly why: string
}

export interface Inputs<Detected extends Seen = Seen> {
  /** In the order given, folders sorted by name. What is no log is here too: its detection says what it is. */
  readonly files: readonly InputFile<Detected>[]
  readonly leftOut: readonly LeftOutInput[]
  readonly unreadable: readonly UnreadableInput[]
}

/** What was seen so far: the operator's names to files, each file once. */
interface Search<Detected extends Seen> {
  readonly detect: (head: Uint8Array) => Detected
  readonly files: InputFile<Detected>[]
  readonly leftOut: LeftOutInput[]
  readonly unreadable: UnreadableInput[]
  /** Device and inode to the name it was first found by. */
  readonly byInode: Map<string, string>
  /** First bytes (inflated) to the files that begin so. */
  readonly byStart: Map<string, InputFile<Detected>[]>
  readonly hashes: Map<string, Promise<string>>
}

/**
 * Files, folders (recursive, names with a dot left out), globs and `-`. The same file by two names, by link, or as a
 * copy, plain or gzip, is kept once. What cannot be read is listed; throws when all there is to say is that a path does
 * not exist.
 */
export async function findInputs<Detected extends Seen>(
  paths: readonly string[],
  detect: (head: Uint8Array) => Detected,
): Promise<Inputs<Detected>> {
  const search: Search<Detected> = {
    detect,
    files: [],
    leftOut: [],
    unreadable: [],
    byInode: new Map(),
    byStart: new Map(),
    hashes: new Map(),
  }
  const missing: string[] = []
  for (const path of paths) {
    const found = expand(path)
    if (found.length === 0) missing.push(path)
    for (const one of found) await visit(one, search)
  }
  if (missing[0] !== undefined && search.files.length === 0) fail('INPUT_MISSING', { path: missing[0] })
  for (const name of missing) search.unreadable.push({ name, why: 'no such file or folder' })
  return { files: search.files, leftOut: search.leftOut, unreadable: search.unreadable }
}

function expand(path: string): readonly string[] {
  if (path === '-' || statSync(path, { throwIfNoEntry: false })) return [path]
  return isGlob(path) ? expandGlob(path) : []
}

async function visit<Detected extends Seen>(path: string, search: Search<Detected>, isNamed = true): Promise<void> {
  if (path === '-') {
    if (isNew('-', '(standard input)', 0, search))
      search.files.push({ name: '(standard input)', path, bytes: null, isGzip: false, detection: null, fileName: null })
    return
  }
  let stat: BigIntStats
  try {
    stat = statSync(path, { bigint: true })
  } catch (error) {
    search.unreadable.push({ name: path, why: whyUnreadable(error) })
    return
  }
  const id = `${stat.dev}:${stat.ino}`
  const bytes = Number(stat.size)
  if (stat.isDirectory()) {
    // Also ends the loop of a link to a folder above.
    if (isNew(id, path, 0, search)) await visitFolder(path, search)
    return
  }
  if (!isNew(id, path, bytes, search)) return
  const fileName = parseLogFileName(path)
  if (!stat.isFile() && !isNamed) {
    // Opening a pipe that nobody writes to waits for ever.
    search.leftOut.push({ name: path, bytes: 0, note: 'a pipe, socket or device: read only when it is named itself' })
    return
  }
  if (!stat.isFile()) search.files.push({ name: path, path, bytes: null, isGzip: false, detection: null, fileName })
  else await visitFile(path, bytes, fileName, search)
}

async function visitFolder<Detected extends Seen>(path: string, search: Search<Detected>): Promise<void> {
  let names: string[]
  try {
    names = readdirSync(path).filter((name) => !name.startsWith('.'))
  } catch (error) {
    search.unreadable.push({ name: path, why: whyUnreadable(error) })
    return
  }
  for (const name of names.sort()) await visit(join(path, name), search, false)
}

async function visitFile<Detected extends Seen>(
  path: string,
  bytes: number,
  fileName: LogFileName | null,
  search: Search<Detected>,
): Promise<void> {
  let file: InputFile<Detected>
  let start: string
  try {
    const head = readHead(path)
    file = { name: path, path, bytes, isGzip: head.isGzip, detection: search.detect(head.bytes), fileName }
    start = Buffer.from(head.bytes.subarray(0, START_BYTES)).toString('latin1')
  } catch (error) {
    search.unreadable.push({ name: path, why: whyUnreadable(error) })
    return
  }
  if (file.detection?.kind === 'log') {
    const same = await findCopy(file, search.byStart.get(start) ?? [], search)
    if (same) {
      search.leftOut.push({
        name: path,
        bytes,
        note: `the same rows as ${same.name}${packing(file, same)}: counted once`,
      })
      return
    }
    search.byStart.set(start, [...(search.byStart.get(start) ?? []), file])
  }
  search.files.push(file)
}

/** About two rows: with their times and trace ids, files that begin alike are copies, or one continues the other. */
const START_BYTES = 1_024

async function findCopy<Detected extends Seen>(
  file: InputFile<Detected>,
  alike: readonly InputFile<Detected>[],
  { hashes }: Search<Detected>,
): Promise<InputFile<Detected> | undefined> {
  for (const other of alike) {
    if (!file.isGzip && !other.isGzip && file.bytes !== other.bytes) continue
    if ((await contentHash(file.path, hashes)) === (await contentHash(other.path, hashes))) return other
  }
  return undefined
}

function contentHash(path: string, hashes: Map<string, Promise<string>>): Promise<string> {
  const known = hashes.get(path)
  if (known !== undefined) return known
  const made = hashContent(path).catch((error: unknown) => `unreadable ${path} ${String(error)}`)
  hashes.set(path, made)
  return made
}

/** Few inputs are copies, and loading what hashes takes as long as looking at forty files. */
async function hashContent(path: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256')
  const { endlessRows } = await readBlocks(path, null, (block) => hash.update(block))
  return `${hash.digest('hex')} ${endlessRows}`
}

function packing(file: InputFile, same: InputFile): string {
  if (file.isGzip === same.isGzip) return ''
  return file.isGzip ? ', compressed' : ', not compressed'
}

function isNew<Detected extends Seen>(id: string, name: string, bytes: number, search: Search<Detected>): boolean {
  const first = search.byInode.get(id)
  if (first === undefined) {
    search.byInode.set(id, name)
    return true
  }
  search.leftOut.push({
    name,
    bytes,
    note: first === name ? 'given twice: counted once' : `the same as ${first}: counted once`,
  })
  return false
}

function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'ENOENT':
      return 'a link to nothing'
    case 'ELOOP':
      return 'a link to itself'
    case 'EIO':
      return 'the disk reports an error'
    default:
      return message
  }
}
