import type { ChildProcess } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadBalancerSettings } from '../scenarios/scenario.ts'
import { addresses, type Network } from '../world/network.ts'
import type { Services } from './services.ts'

const cli = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
export const loadBalancerPort = 80

export interface LoadBalancerPlace {
  readonly network: Network
  readonly application: string
  readonly targetType: 'instance' | 'ip'
  readonly settings: LoadBalancerSettings
  readonly services: Services
  readonly logFolder: string
  readonly factsFile: string
  readonly cloudwatchFile: string
  readonly controlSocket: string
}

/** The stand-in (`why5xx lab alb`) in the load balancer's namespace, and its control socket. */
export class LoadBalancer {
  readonly name: string
  readonly targetGroupArn: string
  readonly #place: LoadBalancerPlace
  #process: ChildProcess | undefined
  #exit: Promise<void> = Promise.resolve()
  #stderr = ''

  constructor(place: LoadBalancerPlace) {
    this.#place = place
    const id = hexOf(place.application, 16)
    this.name = `app/${place.application}/${id}`
    this.targetGroupArn = `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${place.application}/${hexOf(`tg-${place.application}`, 16)}`
  }

  async start(targets: readonly string[]): Promise<void> {
    const { network, settings, services, targetType } = this.#place
    const { waf, oidc, capacity } = settings
    const nodes = Array.from({ length: network.shape.loadBalancerNodes }, (_, n) => addresses.loadBalancerNode(n))
    const check = settings.healthCheck ?? {}
    const values: readonly [string, string | number | undefined][] = [
      ...nodes.map((node): [string, string] => ['--listen', `${node}:${loadBalancerPort}`]),
      ...nodes.map((node): [string, string] => ['--node-address', node]),
      ...targets.map((target): [string, string] => ['--target', target]),
      ['--name', this.name],
      ['--target-group-arn', this.targetGroupArn],
      ['--target-type', targetType],
      ['--target-protocol', settings.targetProtocol],
      ['--idle-timeout', settings.idleTimeoutSeconds],
      ['--deregistration-delay', settings.deregistrationDelaySeconds],
      ['--algorithm', settings.algorithm],
      ['--slow-start', settings.slowStartSeconds],
      ['--health-check-path', check.path ?? '/healthz'],
      ['--health-check-interval', check.intervalSeconds ?? 15],
      ['--health-check-timeout', check.timeoutSeconds ?? 5],
      ['--healthy-count', check.healthyCount ?? 2],
      ['--unhealthy-count', check.unhealthyCount ?? 2],
      ...(settings.fixedResponses ?? []).map((rule): [string, string] => [
        '--fixed-response',
        `${rule.path}=${rule.status}`,
      ]),
      ['--xff-mode', settings.xffMode],
      ...(settings.protocolVersions ?? []).map((rule): [string, string] => [
        '--protocol-version',
        `${rule.path}=${rule.version}`,
      ]),
      ['--waf', waf && services.endpointOf(waf.service)],
      ['--waf-fail-open', waf && String(waf.isFailOpen === true)],
      ['--authenticate-oidc', oidc && `${oidc.path}=${services.endpointOf(oidc.service)}`],
      ['--capacity', capacity && `${capacity.connections}/${capacity.scaleAfterSeconds}`],
      ['--control', this.#place.controlSocket],
      ['--facts', this.#place.factsFile],
      ['--cloudwatch', this.#place.cloudwatchFile],
      ['--log-dir', this.#place.logFolder],
    ]
    const args = values.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))
    if (settings.healthCheckLogs) args.push('--health-check-logs')
    const child = network.spawn('lb', [process.execPath, cli, 'lab', 'alb', ...args])
    child.stdin?.end()
    child.stdout?.resume()
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000)
    })
    this.#process = child
    this.#exit = new Promise((resolve) => child.on('close', () => resolve()))
    // On a busy machine Node alone takes seconds to start.
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) break
      const answer = await this.#control('GET', '/stats').catch(() => undefined)
      if (answer !== undefined) return
      await sleep(50)
    }
    throw new Error(`The load balancer stand-in did not start: ${this.#stderr}`)
  }

  async register(target: string): Promise<void> {
    await this.#control('POST', '/targets', { target })
  }

  async deregister(target: string): Promise<void> {
    await this.#control('DELETE', `/targets/${encodeURIComponent(target)}`)
  }

  stats(): Promise<unknown> {
    return this.#control('GET', '/stats')
  }

  /** Writes its last logs and ends. */
  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM')
    const isLate = await Promise.race([this.#exit.then(() => false), sleep(5000).then(() => true)])
    if (isLate) this.#process?.kill('SIGKILL')
    await this.#exit
  }

  #control(method: string, path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const call = request(
        {
          socketPath: this.#place.controlSocket,
          method,
          path,
          agent: false,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const answer = Buffer.concat(chunks).toString()
            if ((response.statusCode ?? 500) >= 300)
              reject(new Error(`${method} ${path} ${text}: ${response.statusCode} ${answer}`))
            else resolve(answer === '' ? undefined : JSON.parse(answer))
          })
        },
      )
      call.on('error', reject)
      call.end(text)
    })
  }
}

export function controlSocketPath(scratchFolder: string): string {
  // A socket's path may have 108 bytes at most, so it lies on the world's own /run.
  return scratchFolder.length > 80 ? '/run/alb.sock' : join(scratchFolder, 'alb.sock')
}

function hexOf(text: string, digits: number): string {
  let hash = 0xcbf29ce484222325n
  for (const char of text) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n)
  return hash.toString(16).padStart(digits, '0').slice(0, digits)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
