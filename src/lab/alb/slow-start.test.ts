import { expect, test } from 'vitest'
import { SlowStart } from './slow-start.ts'
import { TargetLink } from './target-link.ts'

function linkTo(host: string, health: 'healthy' | 'unhealthy' = 'healthy'): TargetLink {
  return new TargetLink({ host, port: 80 }, undefined, 'http', health, 60_000, () => {})
}

function sharesOf(slow: SlowStart, links: readonly TargetLink[], atMs: number): number[] {
  const counts = new Map(links.map((link) => [link, 0]))
  for (let n = 0; n < 1_000; n++) {
    const link = slow.choose(links, atMs)
    if (link) counts.set(link, (counts.get(link) ?? 0) + 1)
  }
  return [...counts.values()]
}

test('the share of a new target grows linearly, and the old ones take the rest', () => {
  const slow = new SlowStart(60)
  const links = [linkTo('10.0.0.1'), linkTo('10.0.0.2'), linkTo('10.0.0.3')] as const
  slow.onHealth(links[2], links, 0)
  const [a = 0, b = 0, fresh = 0] = sharesOf(slow, links, 30_000)
  expect(fresh).toBeGreaterThan(195)
  expect(fresh).toBeLessThan(205)
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1)
  expect(slow.choose(links, 60_000)).toBeUndefined()
})

test('without a healthy target that has its full share nobody starts slowly', () => {
  const slow = new SlowStart(60)
  const links = [linkTo('10.0.0.1', 'unhealthy'), linkTo('10.0.0.2')] as const
  slow.onHealth(links[1], links, 0)
  expect(slow.choose(links, 1)).toBeUndefined()
})

test('a duration of 0 is no slow start', () => {
  const slow = new SlowStart(0)
  const links = [linkTo('10.0.0.1'), linkTo('10.0.0.2')] as const
  slow.onHealth(links[1], links, 0)
  expect(slow.choose(links, 1)).toBeUndefined()
})
