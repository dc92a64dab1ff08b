import { describe, expect, it } from 'vitest'
import { planTraffic } from './plan.ts'
import { shopRoutes, type Traffic } from './traffic.ts'

const traffic: Traffic = {
  seconds: 100,
  streams: [
    { kind: 'poisson', name: 'visitors', perSecond: 20, routes: shopRoutes },
    {
      kind: 'burst',
      name: 'reports',
      atSeconds: [10, 50],
      count: 5,
      withinSeconds: 1,
      routes: [{ route: '/reports/{n}', weight: 1 }],
    },
    {
      kind: 'poller',
      name: 'boards',
      everySeconds: 5,
      count: 3,
      routes: [{ route: 'POST /api/cart/{hex}', weight: 1 }],
    },
  ],
}

describe('planned traffic', () => {
  it('is the same for the same seed and another for another seed', () => {
    expect(planTraffic(traffic, 2, 7)).toEqual(planTraffic(traffic, 2, 7))
    expect(planTraffic(traffic, 2, 8).requests).not.toEqual(planTraffic(traffic, 2, 7).requests)
  })

  it('arrives in order and at the rate asked for', () => {
    const { requests } = planTraffic(traffic, 2, 1)
    const visitors = requests.filter((request) => request.stream === 'visitors')
    expect(visitors.length).toBeGreaterThan(1800)
    expect(visitors.length).toBeLessThan(2200)
    expect(requests.every((request, i) => i === 0 || request.atMs >= (requests[i - 1]?.atMs ?? 0))).toBe(true)
  })

  it('puts a burst where it was asked for', () => {
    const reports = planTraffic(traffic, 2, 1).requests.filter((request) => request.stream === 'reports')
    expect(reports).toHaveLength(10)
    expect(reports.every(({ atMs }) => (atMs >= 10_000 && atMs < 11_000) || (atMs >= 50_000 && atMs < 51_000))).toBe(
      true,
    )
  })

  it('fills in the method and the parts of a route', () => {
    const { pollers } = planTraffic(traffic, 2, 1)
    expect(pollers).toHaveLength(3)
    expect(pollers[0]?.rounds[0]?.[0]).toMatchObject({
      method: 'POST',
      path: expect.stringMatching(/^\/api\/cart\/[0-9a-f]{5}$/),
    })
  })
})
