import { expect, it } from 'vitest'
import { clusterSubjects, every, nodeA } from '../testing/witness-cluster.ts'
import { concerns, joinTestimonies } from './joined.ts'
import { emptyTestimony, type LifeEvent } from './testimony.ts'

it('tells what happened in one namespace from the same in another', () => {
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
  const events = ['shop', 'staging', 'shop'].map((namespace) => ({ ...told, namespace }))
  const subjects = clusterSubjects(every(1, 0, 3, { to: nodeA, symptom: 'connect-refused' }))
  const joined = joinTestimonies(subjects, [{ ...emptyTestimony('events.json', 'kubernetes', 0), events }])
  expect(joined.events.map((event) => concerns(joined, event, 0))).toEqual(['unknown', 'no', 'unknown'])
})
