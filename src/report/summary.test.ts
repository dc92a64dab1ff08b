import { describe, expect, test } from 'vitest'
import type { Books, Diagnosis } from '../core/diagnosis.ts'
import { symptoms } from '../core/vocabulary.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { facts, groups, headline, symptomWords, topFinding, verdict } from './summary.ts'

function withBooks(books: Partial<Books>, rest: Partial<Diagnosis> = {}): Diagnosis {
  return { ...shopDiagnosis, ...rest, books: { ...shopDiagnosis.books, ...books } }
}

describe('the headline', () => {
  test.each<[string, Partial<Books>]>([
    ['84 % of your 5XX never got an answer from the app: the load balancer answered 2,931 of 3,488 itself.', {}],
    [
      'None of your 303 5XX came from the app: the load balancer answered all of them itself.',
      { elb5xx: 303, target5xx: 0 },
    ],
    [
      'Your one 5XX never got an answer from the app: the load balancer answered it itself.',
      { elb5xx: 1, target5xx: 0 },
    ],
    [
      'All 557 of your 5XX came from the targets, the app or a proxy in front of it; the load balancer only passed them on.',
      { elb5xx: 0 },
    ],
    [
      '90 % of your 5XX came from the targets, the app or a proxy in front of it: 90 of 100; the load balancer made 10.',
      { elb5xx: 10, target5xx: 90 },
    ],
    ['No 5XX among 412,882 requests; 37 clients left before an answer (460).', { elb5xx: 0, target5xx: 0 }],
    [
      'No failures: none of 412,882 requests ended in 5XX or 460.',
      { elb5xx: 0, target5xx: 0, clientLeft: 0, failures: 0 },
    ],
    ['No requests: nothing that was read is a row of an ALB or Classic access log.', { requests: 0 }],
  ])('%s', (sentence, books) => {
    expect(headline(withBooks(books))).toBe(sentence)
  })

  test('does not say "never got an answer" where an answer was replaced', () => {
    const replaced = withBooks({}, { symptoms: [{ symptom: 'answer-replaced', failures: 3 }] })
    expect(headline(replaced)).toBe('84 % of your 5XX were written by the load balancer, not the app: 2,931 of 3,488.')
  })
})

test('a load balancer is called by its name in Kubernetes', () => {
  expect(facts(shopDiagnosis)[1]).toEqual(['load balancer shop/edge (k8s-shop-edge-4f1c2a9b7d)', '3 target groups'])
})

test('the top finding has most failures, whether decided or not', () => {
  expect(topFinding(shopDiagnosis)?.id).toBe('service-without-endpoints-1')
  const [open, ...rest] = shopDiagnosis.findings
  if (!open) throw new Error('the shop has findings')
  const large = { ...shopDiagnosis, findings: [{ ...open, failures: 9_000 }, ...rest] }
  expect(topFinding(large)?.id).toBe('response-timeout-1')
  expect(verdict(large).sentence).toMatch(/best guess dependency-stall\.$/)
  expect(verdict(large).command).toBe('why5xx explain dependency-stall')
})

test('a command can be pasted into a shell whatever the name', () => {
  const [balancer] = shopDiagnosis.settings.byLoadBalancer
  if (!balancer) throw new Error('the shop has a load balancer')
  const odd = withBooks(
    { requests: 0 },
    { settings: { byLoadBalancer: [{ ...balancer, loadBalancer: "app/x'; rm -rf ~ #/1" }], byTargetGroup: [] } },
  )
  expect(verdict(odd).command).toBe("why5xx logs --load-balancer 'x'\\''; rm -rf ~ #'")
})

test('target groups stand under their load balancer', () => {
  expect(groups(shopDiagnosis).map(({ balancer, rows }) => [balancer, rows.map(({ name }) => name)])).toEqual([
    ['shop/edge', ['shop/storefro', 'shop/api', 'bi/reports']],
  ])
})

test('every symptom has its words', () => {
  for (const symptom of symptoms) expect(symptomWords[symptom].length).toBeGreaterThan(5)
})
