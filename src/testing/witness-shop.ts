/** A shop of a few requests, for tests of what other witnesses say about them. */
import { makeFailures } from '../core/failure-columns.ts'
import { symptoms } from '../core/vocabulary.ts'
import { routeText } from '../formats/route-text.ts'
import { applyWitnesses, type ClaimLike, type WitnessedJudgement } from '../joins/apply-witnesses.ts'
import { joinTestimonies } from '../joins/joined.ts'
import { LineLog } from '../joins/line-log.ts'
import { type ControlRequest, makeSubjects, type Subjects } from '../joins/subjects.ts'
import type { Testimony } from '../joins/testimony.ts'

export const T0 = Date.UTC(2026, 10, 23, 2, 19, 0)
const encoder = new TextEncoder()

export interface Failed {
  readonly trace?: number
  readonly request: string
  readonly endMs: number
  readonly startMs: number
  readonly symptom: (typeof symptoms)[number]
  readonly targetStatus?: number
  readonly receivedBytes?: number
}

export function traceId(n: number): string {
  return `1-6b03a28e-${String(n).padStart(24, '0')}`
}

export function subjectsOf(
  failed: readonly Failed[],
  healthy: number,
  controlEvery = 1,
  pathOf: (n: number) => string = (n) => `/orders/${n}`,
  startOf: (n: number) => number = (n) => n * 1_000,
): Subjects {
  const failures = makeFailures()
  const texts = failed.map(({ trace }) => (trace === undefined ? '' : `Root=${traceId(trace)}`))
  failures.length = failed.length
  failures.start = Float64Array.from(failed, (each) => T0 + each.startMs)
  failures.end = Float64Array.from(failed, (each) => T0 + each.endMs)
  failures.targetStatus = Uint16Array.from(failed, (each) => each.targetStatus ?? 0)
  failures.elbStatus = Uint16Array.from(failed, (each) => each.targetStatus ?? 502)
  failures.receivedBytes = Float64Array.from(failed, (each) => each.receivedBytes ?? 200)
  const routes = [...new Set(failed.map((each) => routeText(Buffer.from(each.request))))]
  failures.route = Int32Array.from(failed, (each) => routes.indexOf(routeText(Buffer.from(each.request))))
  failures.targetMs = new Int32Array(failed.length).fill(-1)
  failures.symptom = Uint8Array.from(failed, (each) => symptoms.indexOf(each.symptom))
  failures.flow = new Int32Array(failed.length)
  failures.trace = encoder.encode(texts.join(''))
  let at = 0
  failures.traceEnd = Uint32Array.from(texts, (text) => {
    at += text.length
    return at
  })
  const controls = Array.from(
    { length: healthy },
    (_, n): ControlRequest => ({
      traceId: `Root=${traceId(1_000 + n)}`,
      start: T0 + startOf(n),
      end: T0 + startOf(n) + 20,
      targetStatus: 200,
      receivedBytes: 200,
      sentBytes: 900,
      target: '10.2.0.5:8000',
      request: `GET https://shop.example:443${pathOf(n)} HTTP/1.1`,
    }),
  )
  return makeSubjects({
    failures,
    flows: [{ loadBalancer: 'app/shop/1', targetGroup: 'tg', target: '10.2.0.5:8000', node: '10.0.1.11' }],
    routes: routes.map((text) => ({ text, targetGroup: 'tg' })),
    textOf: (failure) => ({ request: failed[failure]?.request ?? null, client: null }),
    controls,
    controlEvery,
  })
}

export function stamp(ms: number): string {
  return new Date(T0 + ms).toISOString()
}

export function uvicorn(n: number, atMs: number, path: string, status = 200): string {
  return `${stamp(atMs)} [shop-1] INFO:     10.0.1.11:4000 - "GET ${path} HTTP/1.1" ${status} 12ms trace=Root=${traceId(n)}`
}

export function read(name: string, subjects: Subjects, lines: readonly string[]): Testimony {
  const log = new LineLog(name, subjects)
  log.add(encoder.encode(`${lines.join('\n')}\n`))
  return log.finish()
}

function undetermined(subjects: Subjects): ClaimLike {
  return {
    cause: null,
    confidence: null,
    failures: Array.from({ length: subjects.failures.length }, (_, i) => i),
    because: [],
    evidence: [],
    ruledOut: [],
    candidates: [],
    loadBalancer: 'app/shop/1',
    targetGroup: 'tg',
    numbers: {},
  }
}

export function judge(
  subjects: Subjects,
  files: readonly Testimony[],
  candidates = ['keepalive-shorter-than-idle-timeout', 'response-headers-too-large'],
): WitnessedJudgement<ClaimLike> {
  const claim = { ...undetermined(subjects), candidates }
  return applyWitnesses([claim], joinTestimonies(subjects, files), ({ candidates }) => candidates)
}
