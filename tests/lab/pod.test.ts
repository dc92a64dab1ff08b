import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EventRecorder } from '../../src/lab/cluster/events.ts'
import { Pod, type PodWorld } from '../../src/lab/cluster/pod.ts'
import { Timeline } from '../../src/lab/run/timeline.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A pod on loopback, without a network of its own. */
async function startPod(): Promise<Pod> {
  const folder = mkdtempSync(join(tmpdir(), 'pod-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  const network = {
    addPod: async () => '127.0.0.1',
    sysctl: async () => undefined,
    spawn: (_host: string, [program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd: string) =>
      spawn(program, args, { env: { ...process.env, ...env }, cwd, detached: true, stdio: 'pipe' }),
  }
  const world = {
    network,
    timeline: new Timeline(() => undefined),
    events: new EventRecorder(),
    python: undefined,
    logFolder: folder,
    truthFolder: folder,
    scratchFolder: folder,
  } as unknown as PodWorld
  const port = await freePort()
  const pod = new Pod(
    'shop-1',
    0,
    {
      containers: [{ name: 'app', port, server: { kind: 'node' } }],
      port,
      readiness: {
        path: '/healthz',
        port,
        periodSeconds: 0.1,
        timeoutSeconds: 1,
        failureThreshold: 1000,
        successThreshold: 1,
      },
    },
    world,
    () => undefined,
  )
  cleanUps.push(() => pod.destroy())
  await pod.start()
  await vi.waitUntil(() => pod.isReady, { timeout: 20_000 })
  return pod
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

describe('a pod', () => {
  test('whose container was killed is unready, and ready again when the new container passes its probe', async () => {
    const pod = await startPod()
    pod.killContainer('app', 'OOMKilled')
    await vi.waitUntil(() => !pod.isReady, { timeout: 20_000 })
    await vi.waitUntil(() => pod.isReady, { timeout: 20_000 })
    expect(pod.containers[0]).toMatchObject({ restarts: 1, lastExit: { reason: 'OOMKilled', code: 137 } })
  })
})
