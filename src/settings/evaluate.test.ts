import { expect, test } from 'vitest'
import type { Chain, ChainFact, ChainValue } from './chain.ts'
import { evaluate } from './evaluate.ts'
import { inequalities } from './inequalities.ts'
import type { SettingId } from './setting.ts'

function chain(values: Partial<Record<SettingId, number>>, ...facts: ChainFact[]): Chain {
  const given: Partial<Record<SettingId, ChainValue>> = {}
  for (const [id, value] of Object.entries(values))
    given[id as SettingId] = { value, source: 'given', at: null, because: 'test' }
  return { name: 'shop', facts: new Set(facts), values: given, server: null, anchor: null }
}

const brokenIn = (subject: Chain): string[] => evaluate(subject).violations.map((violation) => violation.rule.id)

test('uvicorn with its five seconds behind a default load balancer breaks the keep-alive rule', () => {
  const found = evaluate(chain({ 'app.keepAliveSeconds': 5 }, 'load-balancer', 'no-proxy'))
  expect(found.violations.map((violation) => violation.rule.id)).toEqual(['app-keepalive-not-above-idle-timeout'])
  expect(found.violations[0]).toMatchObject({ left: 60, right: 5, needed: 65 })
})

test('a keep-alive equal to the idle timeout still breaks it, 75 seconds do not', () => {
  expect(brokenIn(chain({ 'app.keepAliveSeconds': 60 }, 'load-balancer', 'no-proxy'))).toHaveLength(1)
  expect(brokenIn(chain({ 'app.keepAliveSeconds': 75 }, 'load-balancer', 'no-proxy'))).toEqual([])
})

test('a rule whose settings nobody knows is listed as unknown, not as kept', () => {
  const found = evaluate(chain({}, 'load-balancer', 'no-proxy'))
  expect(found.unknown).toContainEqual({
    rule: 'app-keepalive-not-above-idle-timeout',
    missing: ['app.keepAliveSeconds'],
  })
})

test('the grace period is asked about once, by the strongest rule', () => {
  const subject = chain(
    { 'pod.preStopSeconds': 40, 'app.gracefulShutdownSeconds': 45, 'pod.gracePeriodSeconds': 30 },
    'kubernetes',
  )
  expect(brokenIn(subject)).toEqual(['prestop-fills-grace-period'])
})

test('a preStop of 25 seconds for pods as targets is a warning, none is an error', () => {
  const severity = (seconds: number): string | undefined =>
    evaluate(
      chain({ 'pod.preStopSeconds': seconds, 'pod.gracePeriodSeconds': 90 }, 'load-balancer', 'kubernetes'),
    ).violations.find((violation) => violation.rule.id === 'prestop-shorter-than-propagation')?.severity
  expect(severity(0)).toBe('error')
  expect(severity(25)).toBe('warning')
  expect(severity(30)).toBeUndefined()
})

test('a chain without a proxy compares silence with the idle timeout alone', () => {
  const subject = chain({ 'app.longestSilenceSeconds': 90 }, 'load-balancer')
  expect(brokenIn(subject)).toContain('silence-not-below-timeouts')
})

test('every rule has an id of its own, a source and a setting to change', () => {
  expect(new Set(inequalities.map((rule) => rule.id)).size).toBe(inequalities.length)
  for (const rule of inequalities) {
    expect(rule.source.length, rule.id).toBeGreaterThan(0)
    expect(rule.change.length, rule.id).toBeGreaterThan(0)
    for (const covered of rule.covers ?? []) expect(inequalities.some((other) => other.id === covered)).toBe(true)
  }
  const numbers = new Set(inequalities.map((rule) => rule.number))
  for (let number = 1; number <= 18; number++) expect(numbers.has(number), `inequality ${number}`).toBe(true)
})
