import { describe, expect, it } from 'vitest'
import { readDocument } from '../../joins/documents.ts'
import { type Failed, judge, read, subjectsOf, T0, uvicorn } from '../../testing/witness-shop.ts'

const LATE: readonly Failed[] = Array.from({ length: 8 }, (_, n) => ({
  trace: n,
  request: `GET https://shop.example:443/quotes/${n} HTTP/1.1`,
  startMs: 200_000 + n * 2_000,
  endMs: 260_000 + n * 2_000,
  symptom: 'response-timeout' as const,
}))
const subjects = subjectsOf(LATE, 60)
const app = read(
  'app.log',
  subjects,
  Array.from({ length: 60 }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`)),
)

/** Fifteen seconds a sample, ten minutes; `shareAt` is the share of throttled periods. */
function counters(pod: string, shareAt: (ms: number) => number): string {
  const total: [number, string][] = []
  const throttled: [number, string][] = []
  let [periods, stopped] = [1_000, 100]
  for (let ms = 0; ms <= 600_000; ms += 15_000) {
    total.push([(T0 + ms) / 1000, String(periods)])
    throttled.push([(T0 + ms) / 1000, String(Math.round(stopped))])
    periods += 150
    stopped += 150 * shareAt(ms)
  }
  const metric = { container: 'app', namespace: 'shop', pod }
  const result = [
    { metric: { __name__: 'container_cpu_cfs_periods_total', ...metric }, values: total },
    { metric: { __name__: 'container_cpu_cfs_throttled_periods_total', ...metric }, values: throttled },
  ]
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
}

const isBusy = (ms: number): boolean => ms >= 195_000 && ms < 280_000

function claimsWith(format: 'prometheus' | 'cloudwatch', text: string) {
  return judge(subjects, [app, readDocument('metrics.json', format, text, subjects)]).claims
}

describe('late answers of pods that the kernel stopped', () => {
  it('are named when that is not so at other times', () => {
    const [claim] = claimsWith(
      'prometheus',
      counters('shop-1', (ms) => (isBusy(ms) ? 0.9 : 0.1)),
    )
    expect(claim).toMatchObject({ cause: 'cpu-throttled-target', confidence: 'likely' })
    expect(claim?.because[0]).toContain('in 90 % of the CPU periods')
  })

  it('are only possibly named when they always are', () => {
    expect(
      claimsWith(
        'prometheus',
        counters('shop-1', () => 0.8),
      ),
    ).toMatchObject([
      {
        cause: 'cpu-throttled-target',
        confidence: 'possible',
        candidates: ['worker-pool-exhausted', 'event-loop-blocked'],
      },
    ])
  })

  it('are not named when the pods were stopped at another time, or are another workload’s', () => {
    expect(
      claimsWith(
        'prometheus',
        counters('shop-1', (ms) => (isBusy(ms) ? 0.05 : 0.6)),
      ),
    ).toMatchObject([{ cause: null }])
    expect(
      claimsWith(
        'prometheus',
        counters('mail-1', (ms) => (isBusy(ms) ? 0.9 : 0.1)),
      ),
    ).toMatchObject([{ cause: null }])
  })
})

describe('Container Insights', () => {
  const minutes = (valueAt: (ms: number) => number, of = ''): string =>
    JSON.stringify({
      MetricDataResults: [
        {
          Id: 'm1',
          Label: `${of}pod_cpu_utilization_over_pod_limit`,
          Timestamps: Array.from({ length: 10 }, (_, n) => new Date(T0 + n * 60_000).toISOString()),
          Values: Array.from({ length: 10 }, (_, n) => valueAt(n * 60_000)),
        },
      ],
    })

  it('names them when the pods were at their limit in those minutes only', () => {
    expect(
      claimsWith(
        'cloudwatch',
        minutes((ms) => (ms >= 180_000 && ms < 300_000 ? 99 : 40), 'prod shop-web shop '),
      ),
    ).toMatchObject([{ cause: 'cpu-throttled-target', confidence: 'likely' }])
  })

  it('only makes it possible when nobody says whose pods they are', () => {
    for (const of of ['', 'prod mail '])
      expect(
        claimsWith(
          'cloudwatch',
          minutes((ms) => (ms >= 180_000 && ms < 300_000 ? 99 : 40), of),
        ),
      ).toMatchObject([{ cause: 'cpu-throttled-target', confidence: 'possible' }])
  })

  it('names nothing when they were below it', () => {
    expect(
      claimsWith(
        'cloudwatch',
        minutes(() => 60),
      ),
    ).toMatchObject([{ cause: null }])
  })
})
