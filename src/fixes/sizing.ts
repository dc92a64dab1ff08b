/** Load on one pod, as the log shows it. */
export interface Load {
  /** Requests per second at the busiest minute. */
  readonly perSecond: number
  /** Mean service time, seconds. */
  readonly serviceSeconds: number
  /** Requests the pod can work on at once. */
  readonly parallel: number
  /** Squared coefficient of variation of the service time; 1 = exponential. */
  readonly cv2?: number
}

/** Offered load in erlangs: how many workers are busy on average. */
export function erlangs(load: Load): number {
  return load.perSecond * load.serviceSeconds
}

/** Share of capacity in use; from 1 on no queue helps. */
export function utilisation(load: Load): number {
  return erlangs(load) / load.parallel
}

/** Share of requests that must wait (M/M/c, Erlang C by the recursion over Erlang B); 1 when overloaded. */
export function waitShare(load: Load): number {
  const offered = erlangs(load)
  const rho = utilisation(load)
  if (rho >= 1) return 1
  let blocking = 1
  for (let servers = 1; servers <= load.parallel; servers++)
    blocking = (offered * blocking) / (servers + offered * blocking)
  return blocking / (1 - rho * (1 - blocking))
}

/** Mean wait before service, seconds (Allen-Cunneen for unequal service times, Poisson arrivals). */
export function meanWaitSeconds(load: Load): number {
  const offered = erlangs(load)
  if (offered >= load.parallel) return Number.POSITIVE_INFINITY
  const exponential = (waitShare(load) * load.serviceSeconds) / (load.parallel - offered)
  return (exponential * (1 + (load.cv2 ?? 1))) / 2
}

/** Pods so that the busiest minute uses at most `target` of them, and no fewer than two. */
export function podsNeeded(totalPerSecond: number, serviceSeconds: number, parallel: number, target = 0.65): number {
  return Math.max(2, Math.ceil((totalPerSecond * serviceSeconds) / (target * parallel)))
}

/** Places behind which a request is answered too late: `c (D - S) / S`. */
export function longestUsefulQueue(load: Load, deadlineSeconds: number): number {
  return Math.max(0, Math.floor((load.parallel * (deadlineSeconds - load.serviceSeconds)) / load.serviceSeconds))
}

/** Queue whose last request waits at most `waitSeconds`. */
export function queueForWait(load: Load, waitSeconds: number): number {
  return Math.max(1, Math.floor((load.parallel * waitSeconds) / load.serviceSeconds))
}

/** Accept queue that survives a stall: new connections of that time, minus idle ones that carry them. */
export function backlogForStall(perSecond: number, stallSeconds: number, idleConnections = 0): number {
  return Math.max(1, Math.ceil(perSecond * stallSeconds - idleConnections))
}

/** Next power of two, between 128 (asyncio's and Tomcat's order) and 4096 (`somaxconn` since Linux 5.4). */
export function roundBacklog(needed: number): number {
  let size = 128
  while (size < needed && size < 4096) size *= 2
  return size
}

/** Slots nginx needs: two per request in flight, the idle connections of the load balancer, and 1/16 kept free. */
export function nginxSlots(idleConnections: number, inFlight: number, cached: number): number {
  return Math.ceil(((idleConnections + 2 * inFlight + cached) * 16) / 15)
}

/** Seconds to work off what an overload left behind. */
export function drainSeconds(waiting: number, load: Load): number {
  const spare = load.parallel / load.serviceSeconds - load.perSecond
  return spare > 0 ? waiting / spare : Number.POSITIVE_INFINITY
}
