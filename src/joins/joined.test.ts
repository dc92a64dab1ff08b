import { expect, it } from 'vitest'
import { clusterSubjects, every, nodeA } from '../testing/witness-cluster.ts'
import { concerns, joinTestimonies } from './joined.ts'
import { emptyTestimony, type LifeEvent } from './testimony.ts'

const told: LifeEvent = {
  kind: 'killing',
  timeMs: 0,
  lastMs: 0,
  count: 1,
  who: 'cart-1',
  addresses: [],
  workload: 'cart',
  isKin: false,
  text: 'Killing: Stopping container app',
  file: 'events.json',
}

it('gives no pod the address of its namesake in another namespace', () => {
  const [there, here] = ['staging', 'shop'].map((namespace) => ({
    ...told,
    who: 'cart-0',
    namespace,
    text: namespace,
  }))
  const pods = ['shop', 'staging'].map((namespace, n) => ({
    name: 'cart-0',
    namespace,
    addresses: [`10.2.0.${n}`],
    node: '',
    hostAddresses: [],
  }))
  const subjects = clusterSubjects(every(1, 0, 3, { to: nodeA, symptom: 'connect-refused' }))
  const cluster = { ...emptyTestimony('events.json', 'kubernetes', 0), events: [there, here] as LifeEvent[], pods }
  expect(joinTestimonies(subjects, [cluster]).events.map(({ addresses }) => addresses)).toEqual([
    ['10.2.0.1'],
    ['10.2.0.0'],
  ])
})

it('tells what happened in one namespace from the same in another', () => {
  const events = ['shop', 'staging', 'shop'].map((namespace) => ({ ...told, namespace }))
  const subjects = clusterSubjects(every(1, 0, 3, { to: nodeA, symptom: 'connect-refused' }))
  const joined = joinTestimonies(subjects, [{ ...emptyTestimony('events.json', 'kubernetes', 0), events }])
  expect(joined.events.map((event) => concerns(joined, event, 0))).toEqual(['unknown', 'no', 'unknown'])
})
