import { performance } from 'node:perf_hooks'

/** Epoch milliseconds with a fraction. Monotonic: a step of the system clock does not bend the times of a request. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** `2026-11-23T02:20:00.381125Z`, as the `time` field has it. */
export function isoMicroseconds(epochMs: number): string {
  const wholeMs = Math.floor(epochMs)
  const microseconds = Math.min(999, Math.floor((epochMs - wholeMs) * 1000))
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`
}

/** `2026-11-23T02:20:00.380000Z`: request_creation_time has milliseconds only, then `000`. */
export function isoMilliseconds(epochMs: number): string {
  return `${new Date(Math.floor(epochMs)).toISOString().slice(0, -1)}000Z`
}
