import { FLAG_CLASSIC, type Flow, type RequestBatch } from '../core/request-batch.ts'

export const whereFields = ['targetGroup', 'host', 'path', 'target', 'node', 'status', 'loadBalancer'] as const
export type WhereField = (typeof whereFields)[number]

/** What the user asked for, as plain data: it travels to workers. */
export interface FilterSpec {
  /** Epoch ms; rows with `since <= time < until` stay. */
  readonly sinceMs: number | null
  readonly untilMs: number | null
  /** Several of one field: any of them; several fields: all of them. Globs know `*` and `?`. */
  readonly where: readonly { readonly field: WhereField; readonly glob: string }[]
}

export const noFilter: FilterSpec = { sinceMs: null, untilMs: null, where: [] }

export interface RowFilter {
  /** undefined when host and path do not matter. */
  readonly acceptsRequest: ((requestLine: string) => boolean) | undefined
  /** Removes rows from the batch; returns how many. */
  readonly apply: (batch: RequestBatch, flows: readonly Flow[]) => number
}

export function compileFilter(spec: FilterSpec): RowFilter {
  const flowTests = (['targetGroup', 'target', 'node', 'loadBalancer'] as const)
    .map((field) => ({ field, accepts: anyGlob(spec, field) }))
    .filter(({ accepts }) => accepts !== undefined)
  const status = anyGlob(spec, 'status')
  const host = anyGlob(spec, 'host')
  const path = anyGlob(spec, 'path')
  const flowAccepted: boolean[] = []
  const statusAccepted = new Map<number, boolean>()
  const accepts = (flow: Flow): boolean =>
    flowTests.every(({ field, accepts }) => {
      const value = flow[field]
      if (accepts?.(value)) return true
      // A target group is meant by its name as well as by its ARN.
      return field === 'targetGroup' && accepts?.(value.split('/')[1] ?? '') === true
    })
  const since = spec.sinceMs ?? Number.NEGATIVE_INFINITY
  const until = spec.untilMs ?? Number.POSITIVE_INFINITY
  const isNeeded = spec.sinceMs !== null || spec.untilMs !== null || flowTests.length > 0 || status !== undefined

  return {
    acceptsRequest:
      host || path
        ? (requestLine) => {
            const parts = splitRequestLine(requestLine)
            return (!host || host(parts.host)) && (!path || path(parts.path))
          }
        : undefined,
    apply(batch, flows) {
      if (!isNeeded) return 0
      let kept = 0
      const movedTo = new Map<number, number>()
      for (let i = 0; i < batch.length; i++) {
        const flow = batch.flow[i] as number
        let isIn = flowAccepted[flow]
        if (isIn === undefined) isIn = flowAccepted[flow] = accepts(flows[flow] as Flow)
        // Classic logs the start as `time`.
        const time = (batch.flags[i] as number) & FLAG_CLASSIC ? batch.start[i] : batch.end[i]
        const end = Number.isNaN(time) ? (batch.end[i] as number) : (time as number)
        if (!isIn || end < since || end >= until) continue
        if (status && !acceptsStatus(batch.elbStatus[i] as number)) continue
        if (kept !== i) copyRow(batch, i, kept)
        movedTo.set(i, kept)
        kept++
      }
      const removed = batch.length - kept
      if (removed > 0) batch.details.retain(movedTo)
      batch.length = kept
      return removed
    },
  }

  function acceptsStatus(code: number): boolean {
    let known = statusAccepted.get(code)
    if (known === undefined) {
      known = status?.(code === 0 ? '-' : String(code)) ?? true
      statusAccepted.set(code, known)
    }
    return known
  }
}

function copyRow(batch: RequestBatch, from: number, to: number): void {
  for (const column of Object.values(batch))
    if (ArrayBuffer.isView(column)) (column as Float64Array)[to] = (column as Float64Array)[from] as number
}

function anyGlob(spec: FilterSpec, field: WhereField): ((value: string) => boolean) | undefined {
  const globs = spec.where.filter((each) => each.field === field).map((each) => globToRegExp(each.glob))
  return globs.length === 0 ? undefined : (value) => globs.some((glob) => glob.test(value))
}

export function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'is')
}

/** `GET https://host:443/path?query HTTP/1.1`: first word is the method, last the version, the rest the URI. */
export function splitRequestLine(requestLine: string): { method: string; host: string; path: string } {
  const line = requestLine.trimEnd()
  const methodEnd = line.indexOf(' ')
  const versionStart = line.lastIndexOf(' ')
  const uri = line.slice(methodEnd + 1, versionStart > methodEnd ? versionStart : undefined)
  const parts = /^[a-z]+:\/\/([^/?]*)([^?]*)/i.exec(uri)
  return {
    method: methodEnd === -1 ? line : line.slice(0, methodEnd),
    host: (parts?.[1] ?? '').replace(/:\d*$/, ''),
    path: parts ? parts[2] || '/' : uri.replace(/\?.*$/s, ''),
  }
}
