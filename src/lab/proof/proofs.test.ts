import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { causesWithFixes } from '../../fixes/fixes-for-cause.ts'
import { scenarioById, scenarios } from '../scenarios/catalogue.ts'
import { proofByOf, proofs, withoutProof } from './proofs.ts'

test('every cause with a fix is proven, or it is said why not; never both', () => {
  const proven = new Set(proofs.map((proof) => proof.cause))
  const open = causesWithFixes().filter((cause) => !proven.has(cause))
  expect(Object.keys(withoutProof).sort()).toEqual(open.sort())
  expect(open.length).toBeLessThanOrEqual(2)
})

test('every proof names a scenario, and a fix by hand is one of the scenario', () => {
  for (const { scenario, by } of proofs) {
    const { fixes = {} } = scenarioById(scenario)
    if ('byHand' in by) expect(Object.keys(fixes), scenario).toContain(by.byHand)
  }
})

test('at most two fixes remove less than they should', () => {
  expect(proofs.filter((proof) => proof.exception).length).toBeLessThanOrEqual(2)
})

test('--fix auto is the first proof of the scenario, else the settings alone', () => {
  expect(proofByOf('missing-502')).toEqual({ front: 'nginx' })
  expect(proofByOf('healthy-control')).toEqual({ front: 'none' })
})

test('the page of a cause says which scenarios make it', () => {
  const pageOf = (cause: string): string =>
    readFileSync(new URL(`../../../docs/causes/${cause}.md`, import.meta.url), 'utf8')
  for (const { cause, scenario } of proofs) expect(pageOf(cause), cause).toContain(`- \`why5xx lab run ${scenario}\``)
  const ids = scenarios.map(({ id }) => id)
  for (const { cause } of proofs)
    for (const [, named] of pageOf(cause).matchAll(/^- `why5xx lab run (.*)`$/gm)) expect(ids, cause).toContain(named)
})
