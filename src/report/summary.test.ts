import { describe, expect, test } from 'vitest'
import type { Books, Diagnosis } from '../core/diagnosis.ts'
import { symptoms } from '../core/vocabulary.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { facts, groups, headline, leading, partialSentence, symptomWords, topSentence, verdict } from './summary.ts'

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
    [
      'No requests: nothing that was read is a row of an ALB or Classic access log.',
      { requests: 0, parsed: 60, skipped: 0 },
    ],
    [
      'No requests: all 412,934 rows that were read lie outside --where, --since and --until.',
      { requests: 0, parsed: 0, skipped: 412_934 },
    ],
    [
      'No requests: of 3 rows that were read, none is whole; the first ones stand under inputs in the JSON.',
      { requests: 0, rows: 3, parsed: 0, skipped: 0, bad: 3 },
    ],
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
  expect(leading(shopDiagnosis)?.finding.id).toBe('service-without-endpoints-1')
  const [open, ...rest] = shopDiagnosis.findings
  if (!open) throw new Error('the shop has findings')
  const large = { ...shopDiagnosis, findings: [{ ...open, failures: 9_000 }, ...rest] }
  expect(leading(large)?.finding.id).toBe('response-timeout-1')
  expect(verdict(large).sentence).toMatch(/best guess dependency-stall\.$/)
  expect(verdict(large).command).toBe('why5xx explain dependency-stall')
})

test('a cause in several findings leads with all of its failures, each as sure as it is', () => {
  const [open, first] = shopDiagnosis.findings
  if (!open || !first) throw new Error('the shop has findings')
  const part = { ...open, cause: 'target-idle-timeout', title: 'The target sent nothing.' }
  const split = withBooks(
    { failures: 24 },
    {
      findings: [
        { ...first, failures: 8 },
        { ...part, confidence: 'certain', failures: 7 },
        { ...part, confidence: 'likely', failures: 2 },
      ],
    },
  )
  expect(topSentence(split)).toBe('For 38 % of the failures (7 certain, 2 likely): the target sent nothing.')
  expect(verdict(split).sentence).toBe(
    'target-idle-timeout explains 38 % of the failures (9 of 24), 7 certain, 2 likely.',
  )
})

test('what was not read to its end is said before any number', () => {
  const [input] = shopDiagnosis.inputs
  if (!input) throw new Error('the shop has inputs')
  const whole = { ...shopDiagnosis, inputs: [{ ...input, truncated: null }], errors: [] }
  expect(partialSentence(whole)).toBe('')
  expect(
    partialSentence({
      ...whole,
      inputs: [{ ...input, truncated: 'ends in the middle' }],
      errors: [{ where: 'b.log', message: 'permission denied', hint: null }],
    }),
  ).toBe('Not everything was read: 1 input is cut short, 1 error was met (named at the end).')
})

test('a command can be pasted into a shell whatever the name', () => {
  const [balancer] = shopDiagnosis.settings.byLoadBalancer
  if (!balancer) throw new Error('the shop has a load balancer')
  const odd = withBooks(
    { requests: 0, skipped: 0 },
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
