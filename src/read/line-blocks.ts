/**
 * The longest row that is kept, its newline included; the block buffer has this size, so that a row fits or is endless
 * whatever the chunking. The load balancer's own limits (16 KB request line, 8 KB user agent, escapes) end at 200 KB.
 */
export const LONGEST_ROW = 1_048_576

export type OnBlock = (
  /** Whole lines, in order; the last of all may lack its newline. Valid until the call returns. */
  block: Uint8Array,
  /** The last call of a read; its block may be empty. */
  isLast: boolean,
) => void

export interface LineBlocks {
  /** Write bytes into `buffer` from `filled` on, then `commit` their number. There is always room for one. */
  readonly buffer: Buffer
  filled(): number
  commit(bytes: number): void
  /** Copies; for sources that bring their own memory. */
  write(chunk: Uint8Array): void
  finish(): void
  /** Ends early: a row that is not whole yet is left out. */
  stop(): void
  endlessRows(): number
  endsWithoutNewline(): boolean
}

export interface LineBlocksOptions {
  readonly onBlock: OnBlock
  /** A row longer than {@link LONGEST_ROW}: skipped, in order with the blocks around it. */
  readonly onEndlessRow?: (bytes: number) => void
  /** Memory to use, as long as the longest row; {@link LONGEST_ROW} bytes are taken when left out. */
  readonly buffer?: Buffer
}

/** Turns bytes of any chunking into blocks of whole lines. A partial last row is carried over to the next block. */
export function createLineBlocks({ onBlock, onEndlessRow, ...options }: LineBlocksOptions): LineBlocks {
  const buffer = options.buffer ?? Buffer.allocUnsafeSlow(LONGEST_ROW)
  const longestRow = buffer.length
  let filled = 0
  let endless = 0
  /** Bytes of an endless row that are gone already; 0 = not within one. */
  let skipped = 0
  let isOpen = false

  const endEndless = (bytes: number): void => {
    endless++
    onEndlessRow?.(bytes)
    skipped = 0
  }

  /** Within an endless row: forget up to its newline. */
  const skip = (): void => {
    const newline = buffer.subarray(0, filled).indexOf(10)
    if (newline < 0) {
      skipped += filled
      filled = 0
      return
    }
    endEndless(skipped + newline + 1)
    buffer.copyWithin(0, newline + 1, filled)
    filled -= newline + 1
  }

  const emit = (): void => {
    const last = buffer.subarray(0, filled).lastIndexOf(10)
    if (last < 0) {
      skipped = filled
      filled = 0
      return
    }
    onBlock(buffer.subarray(0, last + 1), false)
    buffer.copyWithin(0, last + 1, filled)
    filled -= last + 1
  }

  const commit = (bytes: number): void => {
    filled += bytes
    if (skipped > 0 && filled > 0) skip()
    if (filled === longestRow) emit()
  }

  return {
    buffer,
    filled: () => filled,
    commit,
    write(chunk) {
      let at = 0
      while (at < chunk.length) {
        const take = Math.min(chunk.length - at, longestRow - filled)
        buffer.set(chunk.subarray(at, at + take), filled)
        at += take
        commit(take)
      }
    },
    finish() {
      if (skipped > 0) endEndless(skipped)
      isOpen = filled > 0 && buffer[filled - 1] !== 10
      onBlock(buffer.subarray(0, filled), true)
      filled = 0
    },
    stop() {
      onBlock(buffer.subarray(0, skipped > 0 ? 0 : buffer.subarray(0, filled).lastIndexOf(10) + 1), true)
      filled = 0
    },
    endlessRows: () => endless,
    endsWithoutNewline: () => isOpen,
  }
}
