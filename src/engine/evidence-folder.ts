import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import * as z from 'zod/mini'
import { fail } from '../core/errors.ts'
import { packValue, UnpackError, unpackValue } from '../core/packed-value.ts'
import type { Gathered } from './gathered.ts'
import { checkSaved, EVIDENCE_VERSION, fromSaved, toSaved } from './saved-evidence.ts'

const MANIFEST = 'why5xx-evidence.json'
const VALUES = 'values.json.gz'
const COLUMNS = 'columns.bin.gz'
const PART = `${MANIFEST}.part`
const OWN: ReadonlySet<string> = new Set([VALUES, COLUMNS, PART])

const file = z.object({ bytes: z.int(), inflatedBytes: z.int(), sha256: z.string() })
/** Only this is read before the version is known to fit. */
const headSchema = z.object({
  format: z.literal('why5xx-evidence'),
  version: z.int(),
  savedBy: z.string(),
  savedAt: z.string(),
})
const manifestSchema = z.extend(headSchema, {
  byteOrder: z.enum(['LE', 'BE']),
  files: z.object({ [VALUES]: file, [COLUMNS]: file }),
})
type FileEntry = z.infer<typeof file>

export interface EvidenceFolder {
  /** When the evidence that lies there was saved; null: none does. */
  readonly savedAt: string | null
  /** Replaces what lies there. */
  readonly save: (gathered: Gathered, savedBy: string, now: Date) => Promise<void>
}

/** Is this a folder that `--save-evidence` wrote? */
export function holdsEvidence(path: string): boolean {
  return existsSync(join(path, MANIFEST))
}

/** Before hours of reading: can evidence be saved here, and what would be lost? */
export function openEvidenceFolder(folder: string): EvidenceFolder {
  let savedAt: string | null = null
  try {
    const names = existsSync(folder) ? readdirSync(folder) : []
    if (names.includes(MANIFEST)) savedAt = readHead(folder).savedAt
    // What an interrupted saving left behind is no evidence, and nobody else's.
    else if (!names.every((name) => OWN.has(name))) fail('EVIDENCE_FOLDER', { folder, why: 'it holds other files' })
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    const code = String((error as NodeJS.ErrnoException).code)
    fail('EVIDENCE_FOLDER', { folder, why: code === 'ENOTDIR' ? 'it is a file' : error.message }, { cause: error })
  }
  return { savedAt, save: (gathered, savedBy, now) => save(folder, gathered, savedBy, now) }
}

async function save(folder: string, gathered: Gathered, savedBy: string, now: Date): Promise<void> {
  const { value, columns } = packValue(toSaved(gathered))
  try {
    // A folder without its manifest is no evidence: whatever interrupts this leaves nothing that could be taken for it.
    rmSync(join(folder, MANIFEST), { force: true })
    const files = {
      [VALUES]: await writeGzip(join(folder, VALUES), [Buffer.from(JSON.stringify(value))]),
      [COLUMNS]: await writeGzip(
        join(folder, COLUMNS),
        columns.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength)),
      ),
    }
    const manifest = {
      format: 'why5xx-evidence',
      version: EVIDENCE_VERSION,
      savedBy,
      savedAt: now.toISOString(),
      byteOrder: endianness(),
      files,
    }
    const temporary = join(folder, PART)
    await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`)
    await rename(temporary, join(folder, MANIFEST))
  } catch (error) {
    fail('EVIDENCE_FOLDER', { folder, why: (error as Error).message }, { cause: error })
  }
}

async function writeGzip(path: string, parts: readonly Buffer[]): Promise<FileEntry> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(
    Readable.from(slices(parts)),
    createGzip({ level: 4 }),
    async function* (compressed: AsyncIterable<Buffer>) {
      for await (const block of compressed) {
        hash.update(block)
        bytes += block.length
        yield block
      }
    },
    createWriteStream(path),
  )
  return { bytes, inflatedBytes: parts.reduce((sum, part) => sum + part.length, 0), sha256: hash.digest('hex') }
}

/** A stream takes a column of a hundred megabytes better in pieces. */
function* slices(parts: readonly Buffer[]): Iterable<Buffer> {
  for (const part of parts) for (let at = 0; at < part.length; at += 1 << 20) yield part.subarray(at, at + (1 << 20))
}

/** What was saved, checked once and trusted from then on. Throws AppError. */
export async function loadEvidence(folder: string): Promise<ReturnType<typeof fromSaved>> {
  if (!existsSync(folder)) fail('INPUT_MISSING', { path: folder })
  const head = readHead(folder)
  if (head.version !== EVIDENCE_VERSION)
    fail('EVIDENCE_VERSION', {
      folder,
      version: String(head.version),
      known: String(EVIDENCE_VERSION),
      savedBy: head.savedBy,
    })
  const manifest = manifestSchema.safeParse(readJson(folder))
  if (!manifest.success) return invalid(folder, `${MANIFEST} lacks something`)
  const { byteOrder, files } = manifest.data
  if (byteOrder !== endianness()) invalid(folder, `its columns are ${byteOrder}, of another kind of processor`)

  const text: Buffer[] = []
  await readGzip(folder, VALUES, files[VALUES], (block) => text.push(block))
  const columns = new ColumnReader(files[COLUMNS])
  let value: unknown
  try {
    value = unpackValue(JSON.parse(Buffer.concat(text).toString('utf8')), (bytes) => columns.take(bytes))
  } catch (error) {
    if (!(error instanceof UnpackError || error instanceof SyntaxError || error instanceof RangeError)) throw error
    return invalid(folder, `${VALUES}: ${error.message}`, error)
  }
  await readGzip(folder, COLUMNS, files[COLUMNS], (block) => columns.fill(block))
  const saved = checkSaved(value)
  return typeof saved === 'string' ? invalid(folder, saved) : fromSaved(saved)
}

/** Gives out buffers in the order in which columns were written, then fills them as the bytes come. */
class ColumnReader {
  readonly #most: number
  readonly #buffers: Uint8Array[] = []
  #given = 0
  #buffer = 0
  #at = 0

  /** No column is larger than what the file can hold: gzip shrinks to a thousandth at best. */
  constructor({ bytes, inflatedBytes }: FileEntry) {
    this.#most = Math.min(inflatedBytes, bytes * 1_100)
  }

  take(bytes: number): ArrayBuffer {
    this.#given += bytes
    if (this.#given > this.#most) throw new UnpackError('more columns than were saved')
    const buffer = new ArrayBuffer(bytes)
    this.#buffers.push(new Uint8Array(buffer))
    return buffer
  }

  fill(block: Uint8Array): void {
    let from = 0
    while (from < block.length && this.#buffer < this.#buffers.length) {
      const into = this.#buffers[this.#buffer] as Uint8Array
      const some = block.subarray(from, from + into.length - this.#at)
      into.set(some, this.#at)
      from += some.length
      this.#at += some.length
      if (this.#at < into.length) continue
      this.#buffer++
      this.#at = 0
    }
  }
}

async function readGzip(
  folder: string,
  name: string,
  entry: FileEntry,
  onBlock: (block: Buffer) => void,
): Promise<void> {
  const path = join(folder, name)
  const hash = createHash('sha256')
  let bytes = 0
  const inflate = createGunzip()
  try {
    await pipeline(createReadStream(path), hashing(hash), inflate, async (blocks: AsyncIterable<Buffer>) => {
      for await (const block of blocks) {
        bytes += block.length
        if (bytes > entry.inflatedBytes) return
        onBlock(block)
      }
    })
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    invalid(folder, isGone ? `${name} is missing` : `${name} is damaged: ${(error as Error).message}`, error)
  }
  if (bytes !== entry.inflatedBytes || hash.digest('hex') !== entry.sha256)
    invalid(folder, `${name} is not the one that was saved with ${MANIFEST}`)
}

function hashing(hash: Hash) {
  return async function* (blocks: AsyncIterable<Buffer>) {
    for await (const block of blocks) {
      hash.update(block)
      yield block
    }
  }
}

function readHead(folder: string): z.infer<typeof headSchema> {
  const head = headSchema.safeParse(readJson(folder))
  return head.success ? head.data : invalid(folder, `${MANIFEST} is not what why5xx writes`)
}

function readJson(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTDIR') return invalid(folder, 'it is a file', error)
    return invalid(
      folder,
      code === 'ENOENT' ? `no ${MANIFEST} in it` : `${MANIFEST}: ${(error as Error).message}`,
      error,
    )
  }
}

function invalid(folder: string, why: string, cause?: unknown): never {
  return fail('EVIDENCE_INVALID', { folder, why }, { cause })
}
