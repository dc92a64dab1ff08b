import { intervalEnd, logFileName } from '../alb/access-log-files.ts'
import { formatAccessLogRow } from '../alb/access-log-row.ts'
import type { ScoredTruth } from '../score/score.ts'
import { Random } from '../traffic/random.ts'

/** What came of a request, as the load balancer saw it, and why where it failed. */
export interface Outcome {
  readonly elbStatus: number
  /** undefined: the load balancer made the answer. */
  readonly targetStatus?: number
  /** From the request's creation to the row's time. */
  readonly elapsedMs: number
  /** From the creation to the hand-over; absent: at once. */
  readonly requestMs?: number
  /** The request never got onto a connection to the target: all three times are -1. */
  readonly isConnectFailure?: boolean
  readonly actions?: string
  readonly errorReason?: string
  /** Absent for what did not fail. */
  readonly truth?: Pick<ScoredTruth, 'symptom' | 'causes' | 'why'>
}

export interface MadeRequest extends Outcome {
  readonly atMs: number
  readonly node: number
  /** undefined: no target was chosen. */
  readonly target: string | undefined
  readonly method?: string
  readonly path: string
  readonly userAgent?: string
  readonly client?: number
  readonly receivedBytes?: number
  readonly sentBytes?: number
}

export interface MadeIncident {
  /** File name → text, as in a bucket. */
  readonly files: ReadonlyMap<string, string>
  readonly truth: readonly ScoredTruth[]
  readonly requests: number
}

const FIVE_MINUTES = 300_000
const browsers = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'ShopApp/7.3.1 (Android 15)',
  'okhttp/4.12.0',
]

/** Writes the access log of an incident that was made up, row by row, with its truth. A seed fixes all of it. */
export class MadeLog {
  readonly random: Random
  readonly startMs = Date.parse('2026-11-23T10:00:00Z')
  readonly #name: string
  readonly #targetGroupArn: string
  readonly #nodes: readonly string[]
  readonly #rows = new Map<string, { endMs: number; text: string }[]>()
  readonly #truth: ScoredTruth[] = []
  #requests = 0

  constructor(seed: number, application: string, nodes = 2) {
    this.random = new Random(seed)
    this.#name = `app/${application}/${this.#hex(16)}`
    this.#targetGroupArn = `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${application}/${this.#hex(16)}`
    this.#nodes = Array.from({ length: nodes }, (_, node) => `10.0.${node + 1}.${11 + node}`)
  }

  /** A request that begins `atMs` after the start. */
  add(request: MadeRequest): void {
    const createdMs = this.startMs + request.atMs
    const timeMs = createdMs + request.elapsedMs
    const { targetStatus, elbStatus, target, truth } = request
    const node = this.#nodes[request.node] ?? ''
    const traceId = `Root=1-${Math.floor(createdMs / 1000).toString(16)}-${this.#hex(24)}`
    const wasSent = target !== undefined && !request.isConnectFailure
    const requestMs = request.requestMs ?? 0
    const row = formatAccessLogRow({
      type: 'http',
      timeMs,
      loadBalancer: this.#name,
      client: `203.0.113.${request.client ?? this.random.integer(200)}:${1024 + this.random.integer(60_000)}`,
      target,
      requestMs: wasSent ? requestMs : undefined,
      // A close before the response has the time until the close there: `0.000 0.316 -1 502 -`.
      targetMs:
        wasSent && (targetStatus !== undefined || elbStatus === 502) ? request.elapsedMs - requestMs : undefined,
      responseMs: wasSent && targetStatus !== undefined ? 0 : undefined,
      elbStatus,
      targetStatus,
      receivedBytes: request.receivedBytes ?? 180 + this.random.integer(300),
      sentBytes: request.sentBytes ?? (targetStatus === undefined ? 277 : 400 + this.random.integer(4_000)),
      requestLine: `${request.method ?? 'GET'} http://www.shop.example:80${request.path} HTTP/1.1`,
      userAgent: request.userAgent ?? browsers[this.random.integer(browsers.length)],
      targetGroupArn: request.actions === undefined ? this.#targetGroupArn : undefined,
      traceId,
      rulePriority: 0,
      createdMs,
      actions: request.actions ?? 'forward',
      errorReason: request.errorReason,
      classification: undefined,
      classificationReason: undefined,
      connectionTraceId: `TID_${this.#hex(32)}`,
      nodeAddress: node,
    })
    const endMs = intervalEnd(timeMs, FIVE_MINUTES)
    const file = `${endMs} ${node}`
    const rows = this.#rows.get(file) ?? []
    rows.push({ endMs: timeMs, text: row })
    this.#rows.set(file, rows)
    this.#requests += 1
    if (elbStatus >= 500 || elbStatus === 460)
      this.#truth.push({
        traceId,
        answeredBy: elbStatus === 460 ? 'nobody' : targetStatus === elbStatus ? 'target' : 'load-balancer',
        symptom: truth?.symptom ?? 'unclassified',
        causes: truth?.causes ?? [],
        why: truth?.why ?? '',
      })
  }

  finish(): MadeIncident {
    const files = new Map<string, string>()
    for (const [key, rows] of this.#rows) {
      const [endMs = '', nodeAddress = ''] = key.split(' ')
      const name = logFileName(
        {
          account: '123456789012',
          region: 'eu-west-1',
          loadBalancer: this.#name,
          endMs: Number(endMs),
          nodeAddress,
        },
        this.#hex(8),
      )
      rows.sort((a, b) => a.endMs - b.endMs)
      files.set(name, rows.map((row) => `${row.text}\n`).join(''))
    }
    return { files, truth: this.#truth, requests: this.#requests }
  }

  #hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.random.integer(0x10000).toString(16).padStart(4, '0')
    return text.slice(0, digits)
  }
}
