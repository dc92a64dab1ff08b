import type { RowDetails } from './row-details.ts'

/**
 * Rows of access logs as columns. One batch holds at most {@link BATCH_ROWS} rows and is overwritten by the next one:
 * whoever wants to keep something copies it. Healthy rows cost columns, not objects; only failures and requests that
 * the load balancer rejected carry a detail.
 */
export interface RequestBatch {
  length: number
  /** request_creation_time, epoch ms; NaN when the row has none. */
  readonly start: Float64Array
  /** time, epoch ms with microseconds as fraction. */
  readonly end: Float64Array
  /** The three times in ms; -1 when absent. */
  readonly requestMs: Int32Array
  readonly targetMs: Int32Array
  readonly responseMs: Int32Array
  /** 0 when absent. */
  readonly elbStatus: Uint16Array
  readonly targetStatus: Uint16Array
  readonly receivedBytes: Float64Array
  readonly sentBytes: Float64Array
  /** Index into {@link Entities.flows}. */
  readonly flow: Int32Array
  /** Index into {@link Entities.routes}. */
  readonly route: Int32Array
  readonly flags: Uint8Array
  /** Line number in the unit of work, from 1. */
  readonly row: Float64Array
  /** Of those that failed or were rejected. */
  readonly details: RowDetails
}

export const BATCH_ROWS = 8_192

/** ws, wss: the row is written when the connection closes, so its times say nothing about the answer. */
export const FLAG_WEBSOCKET = 1
/** grpcs: failures travel in trailers behind status 200. */
export const FLAG_GRPC = 2
/** A Classic load balancer's row. */
export const FLAG_CLASSIC = 4

/** One load balancer node talking to one target of one target group. */
export interface Flow {
  readonly loadBalancer: string
  /** ARN, or '' when no target group was chosen. */
  readonly targetGroup: string
  /** ip:port, or '' when there is none. */
  readonly target: string
  /** Node address, or '' when neither the row nor the file name has it. */
  readonly node: string
}

export interface Route {
  /** `GET /api/products/*`. */
  readonly text: string
  /** ARN, or ''. */
  readonly targetGroup: string
}

/** Strings behind the ids of a scanner's batches; both lists only grow. */
export interface Entities {
  readonly flows: readonly Flow[]
  readonly routes: readonly Route[]
}
