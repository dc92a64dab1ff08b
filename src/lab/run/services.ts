import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { labFolder } from '../servers/python.ts'
import { addresses, type Network } from '../world/network.ts'

export const servicePort = 8080

/** The services of a run that are no part of the cluster, each a process in a host of its own. */
export class Services {
  readonly #network: Network
  readonly #running = new Map<string, { readonly address: string; readonly process: ChildProcess }>()

  constructor(network: Network) {
    this.#network = network
  }

  /** Starts one and waits until it listens. */
  async start(name: string, program: string): Promise<void> {
    const address = addresses.service(this.#running.size)
    await this.#network.addService(name, address)
    const child = this.#network.spawn(name, [process.execPath, join(labFolder, 'apps', program)], {
      PORT: String(servicePort),
    })
    child.stdin?.end()
    child.stderr?.resume()
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve())
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code} before it listened`)))
    })
    child.stdout?.resume()
    this.#running.set(name, { address, process: child })
  }

  addressOf(name: string): string {
    const found = this.#running.get(name)
    if (!found) throw new Error(`The scenario has no service ${name}`)
    return found.address
  }

  endpointOf(name: string): string {
    return `${this.addressOf(name)}:${servicePort}`
  }

  /** It hangs: its connections stand, nothing is answered. */
  pause(name: string): void {
    this.#running.get(name)?.process.kill('SIGSTOP')
  }

  /** It ends: its port refuses. */
  end(name: string): void {
    this.#running.get(name)?.process.kill('SIGKILL')
  }

  close(): void {
    for (const { process } of this.#running.values()) process.kill('SIGKILL')
  }
}
