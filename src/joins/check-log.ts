import { formatCount } from '../core/format-count.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { splitRow } from '../formats/parse-row.ts'
import { RhythmTally } from './rhythms.ts'
import { emptyTestimony, type LifeEvent, type Testimony } from './testimony.ts'

const MOST_RUNS = 5_000
const decoder = new TextDecoder('utf-8')

interface Run {
  readonly target: string
  readonly targetGroup: string
  readonly reason: string
  readonly first: number
  last: number
  count: number
}

/** The load balancer's health check log: runs of failed checks per target become events. */
export class CheckLog {
  readonly #name: string
  readonly #open = new Map<string, Run>()
  readonly #runs: Run[] = []
  readonly #targets = new Set<string>()
  readonly #rhythms = new RhythmTally()
  #rows = 0
  #unparsed = 0
  #failed = 0
  #dropped = 0
  #first = Number.NaN
  #last = Number.NaN

  constructor(name: string) {
    this.#name = name
  }

  add(block: Uint8Array): void {
    for (const line of decoder.decode(block).split('\n')) if (line !== '') this.#row(line)
  }

  #row(line: string): void {
    this.#rows++
    const fields = splitRow(line, 10).map((token) => token.raw)
    const time = parseTimestamp(fields[1] ?? '')
    const [, , , target = '', group = '', status, code = '-', reason = '-', , node = ''] = fields
    if (Number.isNaN(time) || (status !== 'PASS' && status !== 'FAIL')) {
      this.#unparsed++
      return
    }
    if (!(time >= this.#first)) this.#first = time
    if (!(time <= this.#last)) this.#last = time
    if (this.#targets.size < 5_000) this.#targets.add(target)
    this.#rhythms.add('health-check', group, `${target} ${node}`, time, 1)
    const key = `${group} ${target}`
    const open = this.#open.get(key)
    if (status === 'PASS') {
      if (open) this.#close(open)
      this.#open.delete(key)
      return
    }
    this.#failed++
    if (open) {
      open.last = time
      open.count++
      return
    }
    this.#open.set(key, {
      target,
      targetGroup: group,
      reason: code === '-' ? reason : `${reason} ${code}`,
      first: time,
      last: time,
      count: 1,
    })
  }

  #close(run: Run): void {
    if (this.#runs.length < MOST_RUNS) this.#runs.push(run)
    else this.#dropped++
  }

  finish(): Testimony {
    for (const run of this.#open.values()) this.#close(run)
    return {
      ...emptyTestimony(this.#name, 'health-check-log', 0),
      formats: new Map([['alb-health-check', this.#rows]]),
      rows: this.#rows,
      unparsed: this.#unparsed,
      firstMs: this.#first,
      lastMs: this.#last,
      events: this.#runs.map(
        (run): LifeEvent => ({
          kind: 'check-failed',
          timeMs: run.first,
          lastMs: run.last,
          count: run.count,
          who: run.target,
          addresses: [run.target],
          targetGroup: run.targetGroup,
          workload: '',
          isKin: false,
          text: `health check failed: ${run.reason}`,
          file: this.#name,
        }),
      ),
      rhythms: this.#rhythms.finish(),
      notes: [
        `${formatCount(this.#failed)} of ${formatCount(this.#rows - this.#unparsed)} checks of ${this.#targets.size} targets failed`,
      ],
      dropped: this.#dropped,
    }
  }
}

/** The load balancer's connection log: handshakes that failed never became requests. */
export class ConnectionLog {
  readonly #name: string
  readonly #codes = new Map<string, number>()
  #rows = 0
  #unparsed = 0
  #first = Number.NaN
  #last = Number.NaN

  constructor(name: string) {
    this.#name = name
  }

  add(block: Uint8Array): void {
    for (const line of decoder.decode(block).split('\n')) {
      if (line === '') continue
      this.#rows++
      const fields = splitRow(line, 11).map((token) => token.raw)
      const time = parseTimestamp(fields[0] ?? '')
      if (Number.isNaN(time)) {
        this.#unparsed++
        continue
      }
      if (!(time >= this.#first)) this.#first = time
      if (!(time <= this.#last)) this.#last = time
      const [, , , , , cipher, latency] = fields
      const verify = fields[10] ?? '-'
      // A handshake that was begun and has no latency did not end; plain HTTP has neither.
      const failed = verify.startsWith('Failed') ? verify : cipher !== '-' && latency === '-' ? 'handshake' : undefined
      if (failed !== undefined && (this.#codes.has(failed) || this.#codes.size < 100))
        this.#codes.set(failed, (this.#codes.get(failed) ?? 0) + 1)
    }
  }

  finish(): Testimony {
    const codes = [...this.#codes].sort((a, b) => b[1] - a[1])
    const failed = codes.reduce((sum, [, count]) => sum + count, 0)
    return {
      ...emptyTestimony(this.#name, 'health-check-log', 0),
      kind: 'connection-log',
      formats: new Map([['alb-connection', this.#rows]]),
      rows: this.#rows,
      unparsed: this.#unparsed,
      firstMs: this.#first,
      lastMs: this.#last,
      notes: [
        failed === 0
          ? 'no client failed its TLS handshake'
          : `${formatCount(failed)} connections of clients failed before any request (${codes.map(([code, count]) => `${code} ${count}`).join(', ')}): the access log has no row for them`,
      ],
    }
  }
}
