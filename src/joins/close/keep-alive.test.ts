import { describe, expect, it } from 'vitest'
import { read, subjectsOf, traceId, uvicorn } from '../../testing/witness-shop.ts'
import { joinTestimonies } from '../joined.ts'
import type { PodFact, Testimony } from '../testimony.ts'
import { emptyTestimony } from '../testimony.ts'
import { keepAliveByDefault } from './keep-alive.ts'

const cause = 'keepalive-shorter-than-idle-timeout'
const subjects = subjectsOf(
  [1, 2, 3].map((n) => ({
    trace: n,
    request: 'GET http://s/cart HTTP/1.1',
    startMs: 30_000 + n * 5_000,
    endMs: 30_003 + n * 5_000,
    symptom: 'closed-before-response' as const,
  })),
  100,
)
const app = read(
  'app.log',
  subjects,
  Array.from({ length: 100 }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`)),
)

function podThatRuns(...commands: string[]): Testimony {
  const pod: PodFact = {
    name: 'shop-1',
    namespace: 'shop',
    addresses: ['10.2.0.5'],
    node: 'node-1',
    hostAddresses: [],
    commands,
  }
  return { ...emptyTestimony('pods.json', 'kubernetes', 100), pods: [pod] }
}

function judge(files: readonly Testimony[], servers: readonly string[], lag = 5, left: readonly string[] = [cause]) {
  const claim = {
    cause: null,
    confidence: null,
    failures: [0, 1, 2],
    because: [],
    evidence: [],
    ruledOut: [],
    candidates: left,
    loadBalancer: 'app/shop/1',
    targetGroup: 'tg',
    numbers: { suspectedKeepAliveSeconds: lag, servers },
  }
  return keepAliveByDefault(claim, left, joinTestimonies(subjects, files), claim.failures)
}

describe('the keep-alive of a server that witnesses name', () => {
  it('decides when the lag is its default and nothing else is left', () => {
    expect(judge([app], ['uvicorn', 'node'])?.because).toContain('uvicorn answers here')
    expect(judge([app, podThatRuns('uvicorn shop:app --port 8000')], ['uvicorn'])?.numbers.keepAliveSeconds).toBe(5)
  })

  it('decides nothing while another cause is left', () => {
    expect(judge([app], ['uvicorn'], 5, [cause, 'worker-recycling'])).toBeUndefined()
  })

  it('decides nothing when the lag is the default of another server', () => {
    expect(judge([app], ['gunicorn-gthread'], 2)).toBeUndefined()
  })

  it('is the one that the command sets, when it sets one', () => {
    expect(judge([app, podThatRuns('uvicorn shop:app --timeout-keep-alive 75')], ['uvicorn'])).toBeUndefined()
    expect(judge([app, podThatRuns('uvicorn shop:app --timeout-keep-alive 7')], [], 7)?.because).toContain('is set to')
    expect(judge([app, podThatRuns('/usr/bin/gunicorn -c conf.py shop:app')], ['gunicorn-gthread'], 2)).toBeUndefined()
  })

  it('decides nothing behind a proxy or beside a sidecar', () => {
    const nginx = read('nginx.log', subjects, [
      `10.0.1.11 - - [23/Nov/2026:02:19:01 +0000] "GET /orders/1 HTTP/1.1" 200 5 "-" "-" rt=0.020 uct="0.001" uht="0.020" urt="0.020" ua="127.0.0.1:8000" us="200" trace="Root=${traceId(1_001)}"`,
    ])
    expect(nginx.role).toBe('proxy')
    expect(judge([app, nginx], ['uvicorn'])).toBeUndefined()
    expect(judge([app, podThatRuns('uvicorn shop:app', 'envoy')], ['uvicorn'])).toBeUndefined()
  })
})
