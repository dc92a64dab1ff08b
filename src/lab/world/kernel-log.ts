import { appendFileSync, writeFileSync } from 'node:fs'

/** Linux prints at most so many lines of its network code in so long, and then says how many it left out: lib/ratelimit.c. */
const BURST = 10
const INTERVAL_MS = 5_000

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A node's kernel log as `journalctl -k` prints it. The kernel of the lab has one log for all namespaces, so the lab writes it. */
export class KernelLog {
  readonly #file: string
  readonly #host: string
  #beginMs = Number.NEGATIVE_INFINITY
  #printed = 0
  #missed = 0

  constructor(file: string, host: string) {
    this.#file = file
    this.#host = host
    writeFileSync(file, '')
  }

  /** The same warning so many times at once, with the kernel's limit. */
  warn(message: string, times: number, timeMs: number): void {
    for (let n = 0; n < times; n++) {
      if (timeMs > this.#beginMs + INTERVAL_MS) {
        if (this.#missed > 0) this.#line(`net_ratelimit: ${this.#missed} callbacks suppressed`, timeMs)
        this.#beginMs = timeMs
        this.#printed = 0
        this.#missed = 0
      }
      if (this.#printed < BURST) {
        this.#printed++
        this.#line(message, timeMs)
      } else this.#missed++
    }
  }

  #line(message: string, timeMs: number): void {
    const time = new Date(timeMs)
    const day = String(time.getUTCDate()).padStart(2)
    const clock = time.toISOString().slice(11, 19)
    appendFileSync(this.#file, `${MONTHS[time.getUTCMonth()]} ${day} ${clock} ${this.#host} kernel: ${message}\n`)
  }
}
