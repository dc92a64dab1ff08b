import { nowMs } from './clock.ts'
import { dialTarget } from './dial-target.ts'
import type { HealthCheckOptions } from './options.ts'
import { parseMatcher } from './options.ts'
import type { TargetHealth, TargetLink } from './target-link.ts'

export interface HealthChange {
  readonly from: TargetHealth
  readonly to: TargetHealth
  readonly reason: string
}

/** One check, as the health check log tells it. */
export interface HealthCheckResult {
  readonly timeMs: number
  readonly latencyMs: number
  readonly isPass: boolean
  /** Undefined: the target did not answer. */
  readonly targetStatus: number | undefined
  /** `TimedOut`, `ConnectionReset`, `ResponseCodeMismatch`, `TargetError`. */
  readonly reason: string | undefined
}

/** The reason that the log writes, and the one that describe-target-health tells for a target. */
const STATE_REASONS: Readonly<Record<string, string>> = {
  TimedOut: 'Target.Timeout',
  ConnectionReset: 'Target.FailedHealthChecks',
  ResponseCodeMismatch: 'Target.ResponseCodeMismatch',
  TargetError: 'Target.ResponseCodeMismatch',
}

/**
 * One node's checks of one target: a fresh connection each, closed afterwards, so that a check never meets a
 * keep-alive race. A new target takes traffic after its first passed check ("Target group health checks").
 */
export class HealthChecker {
  readonly #link: TargetLink
  readonly #options: HealthCheckOptions
  readonly #matches: (status: number) => boolean
  readonly #onChange: (change: HealthChange) => void
  readonly #onResult: (result: HealthCheckResult) => void
  #timer: NodeJS.Timeout | undefined
  #abort: (() => void) | undefined
  #passes = 0
  #failures = 0

  constructor(
    link: TargetLink,
    options: HealthCheckOptions,
    onChange: (change: HealthChange) => void,
    onResult: (result: HealthCheckResult) => void,
  ) {
    this.#link = link
    this.#options = options
    this.#matches = parseMatcher(options.matcher)
    this.#onChange = onChange
    this.#onResult = onResult
  }

  start(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.start(this.#options.intervalSeconds * 1000)
      this.#check()
    }, afterMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#abort?.()
  }

  #check(): void {
    // An interval shorter than the timeout: the check before has had its time.
    this.#abort?.()
    const { path, port, timeoutSeconds } = this.#options
    const { target, bindAddress, protocol } = this.#link
    const checkPort = port === 'traffic-port' ? target.port : port
    const socket = dialTarget({ host: target.host, port: checkPort }, bindAddress, protocol)
    let text = ''
    let isSettled = false
    const timeMs = nowMs()
    const settle = (reason: string | undefined, targetStatus?: number): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      this.#abort = undefined
      // A polite end: destroying at once would reset a server that is still sending the body.
      socket.end()
      setTimeout(() => socket.destroy(), 1000).unref()
      this.#onResult({ timeMs, latencyMs: nowMs() - timeMs, isPass: reason === undefined, targetStatus, reason })
      this.#judge(reason)
    }
    this.#abort = () => {
      isSettled = true
      clearTimeout(timer)
      this.#abort = undefined
      socket.destroy()
    }
    const timer = setTimeout(() => {
      settle('TimedOut')
      socket.destroy()
    }, timeoutSeconds * 1000)
    socket.on(protocol === 'https' ? 'secureConnect' : 'connect', () => {
      const host = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${checkPort}`
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
          'User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n',
      )
    })
    socket.on('data', (chunk: Buffer) => {
      if (isSettled) return
      text = (text + chunk.toString('latin1')).slice(0, 40_000)
      if (!text.includes('\r\n\r\n')) return
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1])
      if (this.#matches(status)) settle(undefined, status)
      else settle(status >= 500 ? 'TargetError' : 'ResponseCodeMismatch', status || undefined)
    })
    // "Reset or graceful close" by AWS's words; refused and unreachable have no reason of their own there.
    socket.on('error', () => settle('ConnectionReset'))
    socket.on('close', () => settle('ConnectionReset'))
  }

  #judge(failure: string | undefined): void {
    const link = this.#link
    const { healthyCount, unhealthyCount } = this.#options
    if (failure === undefined) {
      this.#passes += 1
      this.#failures = 0
      if (link.health === 'initial' || (link.health === 'unhealthy' && this.#passes >= healthyCount))
        this.#change('healthy', 'passed')
      return
    }
    this.#failures += 1
    this.#passes = 0
    if (link.health !== 'unhealthy' && this.#failures >= unhealthyCount)
      this.#change('unhealthy', STATE_REASONS[failure] ?? failure)
  }

  #change(to: TargetHealth, reason: string): void {
    const from = this.#link.health
    this.#link.health = to
    this.#onChange({ from, to, reason })
  }
}
