import { expect, it } from 'vitest'
import { Timeline } from '../run/timeline.ts'
import { Cluster } from './cluster.ts'
import { EventRecorder } from './events.ts'
import type { Pod, PodWorld } from './pod.ts'

const world = { timeline: new Timeline(() => {}), events: new EventRecorder() } as unknown as PodWorld
const workload = { name: 'shop', replicas: 1, template: { containers: [], port: 8000 } }

it('a call to a load balancer that has ended meanwhile does not outlive the cluster', async () => {
  const cluster = new Cluster(world, workload, 0, 'ip', { kubeProxySeconds: 0, controllerSeconds: 0 })
  cluster.pods.push({ isServing: true, address: '10.0.32.10' } as Pod)
  expect(cluster.initialTargets()).toEqual(['10.0.32.10:8000'])
  let reject = (_: Error): void => {}
  const called = new Promise<void>((resolve) => {
    cluster.connect({
      register: () => Promise.resolve(),
      deregister: () => {
        resolve()
        return new Promise((_, no) => {
          reject = no
        })
      },
    })
  })
  cluster.setSelected(false)
  await called
  const closed = cluster.close()
  reject(new Error('connect ENOENT alb.sock'))
  await expect(closed).resolves.toBeUndefined()
})
