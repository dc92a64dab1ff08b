import { get } from 'node:http'
import { get as getTls } from 'node:https'

/** The fields of a kubelet probe, as in a Pod's manifest. */
export interface Probe {
  readonly path: string
  readonly port: number
  readonly scheme?: 'HTTPS'
  readonly initialDelaySeconds?: number
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
  readonly successThreshold: number
}

export interface ProbeResult {
  readonly isSuccess: boolean
  readonly message: string
}

/** One httpGet probe: a connection of its own, success is 200-399 within the timeout (pkg/probe/http). */
export function probeOnce(address: string, probe: Probe): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const url = `${probe.scheme === 'HTTPS' ? 'https' : 'http'}://${address}:${probe.port}${probe.path}`
    const options = { agent: false, headers: { 'user-agent': 'kube-probe/1.33', connection: 'close' } }
    // kubelet skips the verification of the certificate.
    const request =
      probe.scheme === 'HTTPS' ? getTls(url, { ...options, rejectUnauthorized: false }) : get(url, options)
    const timer = setTimeout(() => {
      finish({
        isSuccess: false,
        message: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      })
    }, probe.timeoutSeconds * 1000)
    let isDone = false
    const finish = (result: ProbeResult): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      request.destroy()
      resolve(result)
    }
    request.on('response', (response) => {
      const status = response.statusCode ?? 0
      response.resume()
      if (status >= 200 && status < 400) finish({ isSuccess: true, message: '' })
      else finish({ isSuccess: false, message: `HTTP probe failed with statuscode: ${status}` })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : (error.code ?? error.message)
      finish({ isSuccess: false, message: `Get "${url}": dial tcp ${address}:${probe.port}: ${why}` })
    })
  })
}

/**
 * Probes every period until stopped; a state changes only after its threshold of results in a row. Like kubelet's
 * worker it never runs two probes at once: a tick that falls into a running probe is dropped.
 */
export class Prober {
  readonly #address: string
  readonly #probe: Probe
  readonly #onResult: (result: ProbeResult, isPassing: boolean, hasChanged: boolean) => void
  #timer: NodeJS.Timeout | undefined
  #isPassing: boolean
  #inRow = 0
  #last: boolean | undefined
  #isRunning = false

  constructor(
    address: string,
    probe: Probe,
    /** Readiness starts as failing, liveness as passing. */
    startsPassing: boolean,
    onResult: (result: ProbeResult, isPassing: boolean, hasChanged: boolean) => void,
  ) {
    this.#address = address
    this.#probe = probe
    this.#isPassing = startsPassing
    this.#onResult = onResult
  }

  start(): void {
    const tick = (): void => void this.#tick()
    this.#timer = setTimeout(
      () => {
        tick()
        this.#timer = setInterval(tick, this.#probe.periodSeconds * 1000)
      },
      (this.#probe.initialDelaySeconds ?? 0) * 1000,
    )
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #tick(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    const result = await probeOnce(this.#address, this.#probe)
    this.#isRunning = false
    if (this.#timer === undefined) return
    this.#inRow = this.#last === result.isSuccess ? this.#inRow + 1 : 1
    this.#last = result.isSuccess
    const threshold = result.isSuccess ? this.#probe.successThreshold : this.#probe.failureThreshold
    const hasChanged = this.#inRow >= threshold && this.#isPassing !== result.isSuccess
    if (hasChanged) this.#isPassing = result.isSuccess
    this.#onResult(result, this.#isPassing, hasChanged)
  }
}
