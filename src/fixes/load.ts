import type { Diagnosis, LoadRow } from '../core/diagnosis.ts'
import { erlangs, type Load, podsNeeded, utilisation } from './sizing.ts'

/** What the log says about the load on the app, for sizing. Absent numbers stay absent: sizes then are documented defaults. */
export interface KnownLoad {
  /** Over all targets, busiest moment. */
  readonly totalPerSecond: number
  readonly serviceSeconds: number
  readonly p99Seconds: number
  readonly cv2: number
  readonly openMost: number
  readonly pods: number
  /** Whether `pods` is given (replicas) or taken from the number of targets. */
  readonly podsAreGiven: boolean
  /** Requests one pod works on at once; null = the log shows no limit. */
  readonly parallel: number | null
}

/** Load of one service (by the name inside its target group), or of everything when none matches. */
export function knownLoad(diagnosis: Diagnosis, service: string | null, replicas: number | null): KnownLoad | null {
  const groups = diagnosis.settings.byTargetGroup.filter((group) => matches(group.kubernetes?.name, service))
  const ids = new Set(groups.map((group) => group.targetGroup))
  const own = diagnosis.load.filter((row) => row.targetGroup !== null && ids.has(row.targetGroup))
  const rows = own.length > 0 ? own : diagnosis.load
  const timed = rows.filter((row) => row.serviceSeconds !== null)
  if (timed.length === 0) return null
  let total = 0
  let weight = 0
  let weighted = 0
  let cv2 = 0
  for (const row of rows) total += row.requestsPerSecond.peak
  for (const row of timed) {
    const share = Math.max(row.requestsPerSecond.mean, 1e-9)
    weight += share
    weighted += share * (row.serviceSeconds?.mean ?? 0)
    cv2 += share * (row.serviceSeconds?.cv2 ?? 1)
  }
  const serviceSeconds = weighted / weight
  if (!(total > 0) || !(serviceSeconds > 0)) return null
  const limits = (groups.length > 0 ? groups : diagnosis.settings.byTargetGroup).flatMap(
    (group) => group.concurrencyLimit?.value ?? [],
  )
  return {
    totalPerSecond: total,
    serviceSeconds,
    p99Seconds: Math.max(...timed.map((row) => row.serviceSeconds?.p99 ?? 0)),
    cv2: cv2 / weight,
    openMost: Math.max(0, ...rows.map((row: LoadRow) => row.openRequests?.max ?? 0)),
    pods: replicas ?? Math.max(1, rows.length),
    podsAreGiven: replicas !== null,
    parallel: limits.length > 0 ? Math.max(1, Math.round(Math.min(...limits))) : null,
  }
}

function matches(found: string | undefined, service: string | null): boolean {
  // The controller cuts names to eight characters.
  return service !== null && found !== undefined && (found === service || service.startsWith(found))
}

export function perPod(load: KnownLoad, pods = load.pods): Load {
  return {
    perSecond: load.totalPerSecond / pods,
    serviceSeconds: load.serviceSeconds,
    parallel: load.parallel ?? 1,
    cv2: load.cv2,
  }
}

export interface Capacity {
  readonly rho: number
  readonly erlangs: number
  readonly podsNeeded: number
}

/** null when the log does not show how much one pod can do at once. */
export function capacityOf(load: KnownLoad): Capacity | null {
  if (load.parallel === null) return null
  const each = perPod(load)
  return {
    rho: utilisation(each),
    erlangs: erlangs(each),
    podsNeeded: podsNeeded(load.totalPerSecond, load.serviceSeconds, load.parallel),
  }
}
