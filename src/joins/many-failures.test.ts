import { describe, expect, it } from 'vitest'
import { clusterSubjects, every, node, nodeA, nodeB, pod, podEvent, service } from '../testing/witness-cluster.ts'
import { applyWitnesses } from './apply-witnesses.ts'
import { readDocument } from './documents.ts'
import { joinTestimonies } from './joined.ts'

const MANY = 150_000

/** An hour in which everything was refused, beside a thousand events of a hundred pods. */
function judgeMany(symptom: 'connect-refused' | 'connect-timeout', policy: 'Cluster' | 'Local'): string[] {
  const failed = [nodeA, nodeB].flatMap((to) => every(7_200 / MANY, 0, 3_600, { to, symptom }))
  const subjects = clusterSubjects([...failed, ...every(10, -600, 0, { to: nodeA })])
  const pods = Array.from({ length: 100 }, (_, n) => pod(`cart-${n}`, n % 2 ? nodeA : nodeB))
  const events = Array.from({ length: 1_000 }, (_, n) => podEvent(`cart-${n % 100}`, nodeA, n * 3.6, 'Started'))
  const items = [service(policy), node(nodeA), node(nodeB), ...pods, ...events]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const joined = joinTestimonies(subjects, [readDocument('k.json', 'kubernetes', text, subjects)])
  const claim = {
    cause: null,
    confidence: null,
    failures: Array.from({ length: MANY }, (_, n) => n),
    because: [],
    evidence: [],
    ruledOut: [],
    candidates: [],
    loadBalancer: 'app/shop/1',
    targetGroup: 'tg',
    numbers: {},
  }
  return applyWitnesses([claim], joined, () => []).claims.map(({ failures }) => String(failures.length))
}

describe('an incident of more failures than a call takes arguments', () => {
  it.each([
    ['connect-refused', 'Cluster'],
    ['connect-timeout', 'Local'],
  ] as const)('is judged: %s, %s', { timeout: 60_000 }, (symptom, policy) => {
    expect(judgeMany(symptom, policy)).toEqual([String(MANY)])
  })
})
