import { fileURLToPath } from 'node:url'
import type { PodTemplate } from '../cluster/pod.ts'
import type { Failure, RunRecord } from '../truth/failure.ts'
import { startMsOf } from '../truth/run-facts.ts'
import { addresses } from '../world/network.ts'
import { pause } from '../world/pause.ts'
import { readiness } from './parts.ts'
import type { Fault, LabControls } from './scenario.ts'

const crowdModule = fileURLToPath(new URL('../world/idle-crowd.js', import.meta.url))
const CROWD_PORT = 9000
const WATCH_MS = 250

export interface CrowdedNode {
  /** Connections that node 1 has room for. */
  readonly room: number
  /** Idle connections of another service of the same node, and when they come and go. */
  readonly crowd: number
  readonly fromSeconds: number
  readonly untilSeconds: number
  /** Begins the witness of this node; what it returns is called four times a second with the packets dropped since, and in all. */
  readonly witness: (lab: LabControls) => (packets: number, inAll: number) => void
}

/** Closes after every answer, so that each request needs a new connection. */
export const closingPod: PodTemplate = {
  containers: [{ name: 'app', port: 8000, server: { kind: 'gunicorn', workerClass: 'sync', workers: 2 } }],
  port: 8000,
  readiness: { ...readiness, periodSeconds: 10, failureThreshold: 9 },
}

/** Another service fills node 1 with idle connections; the node has room for so many and drops what comes on top. */
export function crowdedNode(node: CrowdedNode): Fault[] {
  return [
    {
      atSeconds: 0,
      what: `node 1 has room for ${node.room} connections`,
      apply: async (lab) => {
        await lab.network.limitConnections('node-1', node.room)
        await watch(lab, node)
      },
    },
    {
      atSeconds: node.fromSeconds,
      what: `another service of node 1 opens ${node.crowd} connections and keeps them idle`,
      apply: async (lab) => {
        const listener = lab.network.spawn('node-1', [process.execPath, crowdModule, 'listen', `${CROWD_PORT}`])
        await new Promise((resolve) => listener.stdout?.once('data', resolve))
        const hold = ['hold', addresses.node(0), `${CROWD_PORT}`, `${node.crowd}`]
        const crowd = lab.network.spawn('client', [process.execPath, crowdModule, ...hold])
        await pause((node.untilSeconds - node.fromSeconds) * 1000, lab.signal)
        crowd.kill('SIGKILL')
        listener.kill('SIGKILL')
      },
    },
  ]
}

async function watch(lab: LabControls, node: CrowdedNode): Promise<void> {
  const tell = node.witness(lab)
  const endMs = Date.now() + (node.untilSeconds + 2) * 1000
  let known = 0
  while (Date.now() < endMs && !lab.signal.aborted) {
    const inAll = await lab.network.refusedConnections('node-1')
    const packets = inAll - known
    known = inAll
    if (packets > 0) lab.timeline.add('refused-connections', addresses.node(0), { packets })
    tell(packets, inAll)
    await pause(WATCH_MS, lab.signal)
  }
}

/**
 * Whether node 1 dropped first packets from the beginning of this failure's connect to its end. What was sent to the other
 * node may have been drawn to the pod of this one.
 */
export function wasRefusedByNode(failure: Failure, run: RunRecord): boolean {
  if (failure.socket.event !== 'connect-timer') return false
  const startMs = startMsOf(failure)
  const seen = run.timeline.filter(
    ({ event, timeMs }) =>
      event === 'refused-connections' && timeMs >= startMs && timeMs <= startMs + 8_000 + 2 * WATCH_MS,
  )
  // The first SYN and its repeats after 1, 2, 3, 4, 5 and 7 s, or after 1, 3 and 7 s.
  return seen.length >= 3
}
