import { createSocket, type Socket } from 'node:dgram'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addresses } from '../world/network.ts'
import { mustRun } from '../world/run-command.ts'

/** The time to live that CoreDNS gives to names of Services. */
const TTL_SECONDS = 5
const HEADER_BYTES = 12
const [TYPE_A, CLASS_IN] = [1, 1]

/** The cluster's DNS: a headless Service's name is the addresses of its ready pods. Other names do not exist. */
export class NameServer {
  readonly #socket: Socket = createSocket('udp4')
  readonly #name: string
  readonly #addressesOf: () => readonly string[]

  constructor(name: string, addressesOf: () => readonly string[]) {
    this.#name = name.toLowerCase()
    this.#addressesOf = addressesOf
  }

  /** Listens, and is from then on the resolver of every process of the world. */
  async start(scratchFolder: string): Promise<void> {
    this.#socket.on('message', (query, { port, address }) => {
      const answer = answerTo(query, this.#name, this.#addressesOf())
      if (answer) this.#socket.send(answer, port, address)
    })
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind(53, addresses.controlPlane, resolve)
    })
    await useResolver(scratchFolder)
  }

  close(): void {
    this.#socket.close()
  }
}

/** The world has its own mounts: the host keeps its resolver. */
async function useResolver(scratchFolder: string): Promise<void> {
  const text = `nameserver ${addresses.controlPlane}\n`
  const place = realPlace('/etc/resolv.conf')
  if (place.startsWith('/run/')) {
    // The world's /run is empty, so a link into it leads nowhere yet.
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, text)
    return
  }
  const file = join(scratchFolder, 'resolv.conf')
  writeFileSync(file, text)
  await mustRun(['mount', '--bind', file, place])
}

function realPlace(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    // realpath of a link that leads nowhere fails, and says where it would have led.
    return (error as NodeJS.ErrnoException).path ?? path
  }
}

/** RFC 1035: one question, answered with addresses. undefined: not a question. */
export function answerTo(query: Buffer, name: string, addressesOfName: readonly string[]): Buffer | undefined {
  if (query.length < HEADER_BYTES + 5 || query.readUInt16BE(4) !== 1) return undefined
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0 && length < 64; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const end = at + 5
  if (end > query.length) return undefined
  const isKnown = labels.join('.').toLowerCase() === name
  const isAddress = query.readUInt16BE(at + 1) === TYPE_A
  const found = isKnown && isAddress ? addressesOfName : []
  const header = Buffer.from(query.subarray(0, HEADER_BYTES))
  // A response, authoritative, with the question's wish for recursion; NXDOMAIN (3) for other names.
  header.writeUInt16BE(0x8400 | (query.readUInt16BE(2) & 0x0100) | (isKnown ? 0 : 3), 2)
  header.writeUInt16BE(found.length, 6)
  header.writeUInt32BE(0, 8)
  const records = found.map((address) => {
    const record = Buffer.alloc(16)
    // The name is the one asked for: a pointer to it.
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
    record.writeUInt16BE(TYPE_A, 2)
    record.writeUInt16BE(CLASS_IN, 4)
    record.writeUInt32BE(TTL_SECONDS, 6)
    record.writeUInt16BE(4, 10)
    record.set(address.split('.').map(Number), 12)
    return record
  })
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records])
}
