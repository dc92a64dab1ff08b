import { describe, expect, it } from 'vitest'
import { clusterSubjects, every, type Sent } from '../../testing/witness-cluster.ts'
import { T0 } from '../../testing/witness-shop.ts'
import { readDocument } from '../documents.ts'
import { joinTestimonies } from '../joined.ts'
import { emptyTestimony, type LifeEvent, type Testimony } from '../testimony.ts'
import { closeByFailOpen } from './fail-open.ts'

const [dead, well, other] = ['10.2.0.5', '10.2.0.6', '10.2.0.7']
const sent: readonly Sent[] = [
  ...every(4, 0, 20, { to: dead }),
  ...every(4, 20, 200, { to: dead, symptom: 'connect-timeout', after: 10 }),
  ...every(4, 1, 200, { to: well }),
  ...every(4, 2, 200, { to: other }),
]
const subjects = clusterSubjects(sent, 8000, 'loyalty')

/** Checks every 10 s that fail from `from` to `to`. */
function failing(to: string, from: number, until: number): LifeEvent {
  return {
    kind: 'check-failed',
    timeMs: T0 + from * 1000,
    lastMs: T0 + until * 1000,
    count: (until - from) / 10 + 1,
    who: `${to}:8000`,
    addresses: [`${to}:8000`],
    targetGroup: 'loyalty',
    workload: '',
    isKin: false,
    text: 'health check failed: ResponseCodeMismatch 404',
    file: 'checks.log',
  }
}

function checks(...events: readonly LifeEvent[]): Testimony {
  return { ...emptyTestimony('checks.log', 'health-check-log', 0), events }
}

function metrics(values: Readonly<Record<string, number>>): Testimony {
  const MetricDataResults = Object.entries({ HTTPCode_ELB_5XX_Count: 15, ...values }).map(([Label, value]) => ({
    Label,
    Timestamps: [0, 1, 2, 3].map((minute) => new Date(T0 + minute * 60_000).toISOString()),
    Values: [value, value, value, value],
  }))
  return readDocument('cloudwatch.json', 'cloudwatch', JSON.stringify({ MetricDataResults }), subjects)
}

function state(...states: readonly string[]): Testimony {
  const TargetHealthDescriptions = states.map((State, n) => ({
    Target: { Id: [dead, well, other][n], Port: 8000 },
    TargetHealth: { State, Reason: 'Target.ResponseCodeMismatch' },
  }))
  return readDocument('health.json', 'target-health', JSON.stringify({ TargetHealthDescriptions }), subjects)
}

function judge(witness: Testimony, of = subjects): { confidence: string; count: number; from: number }[] {
  const closings = closeByFailOpen(
    joinTestimonies(of, [witness]),
    Array.from({ length: of.failures.length }, (_, i) => i),
  )
  const [first] = closings
  if (first === undefined) return []
  return [
    {
      confidence: first.confidence,
      count: closings.length,
      from: ((of.start[first.failure] as number) - T0) / 1000,
    },
  ]
}

describe('a dead target that fail-open keeps', () => {
  it('is one by the health check log: after three of its intervals a working check had taken it out', () => {
    const all = checks(failing(dead, 0, 200), failing(well, 0, 200), failing(other, 0, 200))
    expect(judge(all)).toEqual([{ confidence: 'likely', count: 37, from: 52 }])
  })

  it('is one across the end of a file, where a run of failed checks is cut', () => {
    const cut = [dead, well, other].flatMap((to) => [failing(to, 0, 60), failing(to, 70, 200)])
    expect(judge(checks(...cut.sort((a, b) => a.timeMs - b.timeMs)))).toEqual([
      { confidence: 'likely', count: 37, from: 52 },
    ])
  })

  it('is none by the checks of another target group', () => {
    const all = [dead, well, other].map((to) => ({ ...failing(to, 0, 200), targetGroup: 'wishlist' }))
    expect(judge(checks(...all))).toEqual([])
  })

  it('is none where one of the others passes its checks, or passed them then', () => {
    expect(judge(checks(failing(dead, 20, 200), failing(well, 0, 200)))).toEqual([])
    expect(judge(checks(failing(dead, 0, 200), failing(well, 0, 20), failing(other, 0, 200)))).toEqual([])
  })

  it('is one by CloudWatch, likely where requests are counted as sent to unhealthy targets', () => {
    const none = { HealthyHostCount: 0, UnHealthyHostCount: 3 }
    expect(judge(metrics({ ...none, UnhealthyRoutingRequestCount: 40 }))).toEqual([
      { confidence: 'likely', count: 22, from: 112 },
    ])
    const two = { ...none, UnhealthyRoutingRequestCount: 40, 'other HealthyHostCount': 5 }
    expect(judge(metrics(two))).toEqual([{ confidence: 'possible', count: 22, from: 112 }])
    expect(judge(metrics(none))).toEqual([{ confidence: 'possible', count: 22, from: 112 }])
    expect(judge(metrics({ HealthyHostCount: 2, UnHealthyHostCount: 1 }))).toEqual([])
  })

  it('is possible by describe-target-health, which has no time', () => {
    expect(judge(state('unhealthy', 'unhealthy', 'unhealthy'))).toEqual([
      { confidence: 'possible', count: 22, from: 112 },
    ])
    expect(judge(state('unhealthy', 'healthy', 'unhealthy'))).toEqual([])
    expect(state('unhealthy', 'draining').notes).toEqual([
      '2 targets when it was asked: 1 unhealthy (Target.ResponseCodeMismatch), 1 draining (Target.ResponseCodeMismatch)',
    ])
  })

  it('is none where all targets fail: they are sick, and what they answer is their own', () => {
    const sick = clusterSubjects(
      [dead, well, other].flatMap((to) => every(4, 20, 200, { to, symptom: 'connect-refused' })),
      8000,
      'loyalty',
    )
    const all = checks(failing(dead, 0, 200), failing(well, 0, 200), failing(other, 0, 200))
    expect(judge(all, sick)).toEqual([])
  })
})
