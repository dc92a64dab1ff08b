import { describe, expect, it } from 'vitest'
import { type Failed, judge, read, stamp, subjectsOf, traceId, uvicorn } from '../testing/witness-shop.ts'

const healthyLines = Array.from({ length: 20 }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`))
const reset: Failed = {
  trace: 1,
  request: 'GET http://s/cart HTTP/1.1',
  startMs: 5_000,
  endMs: 5_003,
  symptom: 'closed-before-response',
}

describe("the app's log", () => {
  it('proves that a request never arrived, by the healthy ones that did', () => {
    const subjects = subjectsOf([reset], 20)
    const { claims } = judge(subjects, [read('app.log', subjects, healthyLines)])
    expect(claims[0]?.because).toEqual([
      "1 of 1 failures never reached the app's log (the log covers the window; 20 healthy requests in it match)",
    ])
    expect(claims[0]?.candidates).toEqual(['keepalive-shorter-than-idle-timeout'])
    expect(claims[0]?.ruledOut.map((each) => each.cause)).toEqual(['response-headers-too-large'])
  })

  it('proves nothing when the healthy requests are not in it either', () => {
    const subjects = subjectsOf([reset], 20)
    const { claims, missing } = judge(subjects, [
      read(
        'app.log',
        subjects,
        Array.from({ length: 30 }, (_, n) => uvicorn(9_000 + n, n * 1_000, `/other/${n}`)),
      ),
    ])
    expect(claims[0]?.because[0]).toContain('which proves nothing')
    expect(claims[0]?.candidates).toHaveLength(2)
    expect(missing.map((each) => each.what)).toEqual(['the requests of this load balancer in app.log'])
  })

  it('says when it covers another time', () => {
    const subjects = subjectsOf([reset], 20)
    const { claims, missing } = judge(subjects, [
      read(
        'app.log',
        subjects,
        Array.from({ length: 30 }, (_, n) => uvicorn(9_000 + n, n * 1_000 + 86_400_000, '/')),
      ),
    ])
    expect(claims[0]?.because[0]).toContain('it covers another time')
    expect(missing[0]?.what).toBe('app.log for the time of the failures')
  })

  it('shows that the app answered after the load balancer had given up', () => {
    const late: Failed = {
      trace: 1,
      request: 'GET http://s/report HTTP/1.1',
      startMs: 0,
      endMs: 20_000,
      symptom: 'response-timeout',
    }
    const subjects = subjectsOf([late], 20)
    const { claims } = judge(subjects, [
      read('app.log', subjects, [...healthyLines, uvicorn(1, 27_300, '/report').replace('12ms', '27290ms')]),
    ])
    expect(claims).toMatchObject([{ cause: 'target-idle-timeout', confidence: 'certain' }])
  })

  it('names the app when it logged the status itself', () => {
    const own: Failed = {
      trace: 1,
      request: 'GET http://s/cart HTTP/1.1',
      startMs: 0,
      endMs: 50,
      symptom: 'target-answered',
      targetStatus: 500,
    }
    const subjects = subjectsOf([own], 20)
    const { claims } = judge(subjects, [read('app.log', subjects, [...healthyLines, uvicorn(1, 49, '/cart', 500)])])
    expect(claims).toMatchObject([{ cause: 'application-error', confidence: 'certain' }])
  })
})

describe('a trace id that travels on', () => {
  it('does not make a call of the app to another service the app’s answer', () => {
    const own: Failed = {
      trace: 1,
      request: 'GET http://s/cart HTTP/1.1',
      startMs: 0,
      endMs: 50,
      symptom: 'target-answered',
      targetStatus: 500,
    }
    const subjects = subjectsOf([own], 20)
    const log = read('app.log', subjects, [...healthyLines, uvicorn(1, 40, '/internal/prices', 500)])
    expect(log.hits).toMatchObject([{ isElsewhere: true }])
    expect(log.notes.join()).toContain('1 rows have the trace id of a request and another path')
    expect(judge(subjects, [log]).claims).toMatchObject([{ cause: null }])
  })

  it('does not tie a row of another hour to a request that sent the same Root', () => {
    const subjects = subjectsOf([reset], 20)
    const log = read('app.log', subjects, [...healthyLines, uvicorn(1, 5_000 + 3_600_000, '/cart')])
    expect(log.hits).toEqual([])
  })

  it('knows rewritten paths by all of them differing', () => {
    const subjects = subjectsOf([reset], 20)
    const lines = healthyLines.map((line, n) => line.replace(`/orders/${n}`, `/v2/item-${n}`))
    const log = read('app.log', subjects, lines)
    expect(log.controlsSeen.every((seen) => seen === 1)).toBe(true)
    expect(log.notes.join()).toContain('rewritten on the way')
  })
})

describe('nginx', () => {
  const answered = (n: number, path: string, atMs: number, status = 502): Failed => ({
    trace: n,
    request: `GET http://s${path} HTTP/1.1`,
    startMs: atMs - 2,
    endMs: atMs,
    symptom: 'target-answered',
    targetStatus: status,
  })
  const access = (n: number, path: string, atMs: number, status = 502): string =>
    `10.0.1.11 - [${stamp(atMs).slice(0, 19)}+00:00] "GET ${path} HTTP/1.1" ${status} 157 rt=0.001 urt=0.001 us=502 trace=Root=${traceId(n)}`
  const error = (message: string, path: string, atMs: number): string =>
    `${stamp(atMs).slice(0, 19).replaceAll('-', '/').replace('T', ' ')} [error] 7#7: *1 ${message} while connecting to upstream, client: 10.0.1.11, server: , request: "GET ${path} HTTP/1.1", upstream: "http://127.0.0.1:9000${path}", host: "shop"`
  const refused = 'connect() failed (111: Connection refused)'

  it('is certain when the access log has the trace id and the error log the sentence', () => {
    const subjects = subjectsOf([answered(1, '/cart', 5_000)], 0)
    const { claims } = judge(subjects, [
      read('nginx.access.log', subjects, [access(1, '/cart', 5_000)]),
      read('nginx.error.log', subjects, [error(refused, '/cart', 5_000)]),
    ])
    expect(claims).toMatchObject([{ cause: 'nginx-upstream-refused', confidence: 'certain' }])
  })

  it('passes on what the app answered: a 502 in the app’s own log is the app’s', () => {
    const subjects = subjectsOf([answered(1, '/cart', 5_000)], 20)
    const { claims } = judge(subjects, [
      read('nginx.access.log', subjects, [access(1, '/cart', 5_000)]),
      read('nginx.error.log', subjects, [error(refused, '/cart', 5_000)]),
      read('app.log', subjects, [...healthyLines, uvicorn(1, 4_999, '/cart', 502)]),
    ])
    expect(claims).toMatchObject([{ cause: 'application-error', confidence: 'certain' }])
  })

  it('is only likely when a healthy request for the same may have left the line', () => {
    const subjects = subjectsOf([answered(1, '/orders/5', 5_000)], 20)
    const { claims } = judge(subjects, [
      read('nginx.access.log', subjects, [access(1, '/orders/5', 5_000)]),
      read('nginx.error.log', subjects, [error(refused, '/orders/5', 5_000)]),
    ])
    expect(claims).toMatchObject([{ cause: 'nginx-upstream-refused', confidence: 'likely' }])
  })

  it('takes no sentence of a timeout for a 502, nor a warning beside an error for a contradiction', () => {
    const subjects = subjectsOf([answered(1, '/', 5_000), answered(2, '/', 5_400)], 0)
    const timedOut = 'upstream timed out (110: Connection timed out)'
    expect(judge(subjects, [read('error.log', subjects, [error(timedOut, '/', 5_000)])]).claims).toMatchObject([
      { cause: null },
    ])
    const banned = 'upstream server temporarily disabled'
    const lines = [5_000, 5_400].flatMap((at) => [error(refused, '/', at), error(banned, '/', at)])
    expect(judge(subjects, [read('error.log', subjects, lines)]).claims).toMatchObject([
      { cause: 'nginx-upstream-refused', failures: [0, 1] },
    ])
  })

  it.each([
    ['us=502 upstream_addr=shop', 502, 'nginx-no-live-upstreams', 'certain'],
    ['us=504 uht=- urt=5.001', 504, 'nginx-upstream-timeout', 'certain'],
    ['us=502 uct=- urt=0.000 ua=10.2.0.5:80', 502, 'nginx-upstream-refused', 'likely'],
  ])('reads %s without an error log', (tail, status, cause, confidence) => {
    const subjects = subjectsOf([answered(1, '/cart', 5_000, status)], 0)
    const line = access(1, '/cart', 5_000, status).replace(/rt=.* trace/, `rt=0.001 ${tail} trace`)
    const { claims } = judge(subjects, [read('nginx.access.log', subjects, [line])])
    expect(claims).toMatchObject([{ cause, confidence }])
  })

  it('is only likely on the error log alone', () => {
    const subjects = subjectsOf([answered(1, '/cart', 5_000)], 0)
    const { claims } = judge(subjects, [read('error.log', subjects, [error(refused, '/cart', 5_000)])])
    expect(claims).toMatchObject([{ cause: 'nginx-upstream-refused', confidence: 'likely' }])
  })

  it('decides for requests that look alike when all error lines say the same', () => {
    const subjects = subjectsOf([answered(1, '/', 5_000), answered(2, '/', 5_400), answered(3, '/', 7_600)], 0)
    const { claims } = judge(subjects, [
      read(
        'error.log',
        subjects,
        [5_000, 5_400, 7_600].map((at) => error(refused, '/', at)),
      ),
    ])
    expect(claims).toMatchObject([{ cause: 'nginx-upstream-refused', failures: [0, 1, 2] }])
  })

  it('counts what it cannot decide', () => {
    const subjects = subjectsOf([answered(1, '/', 5_000), answered(2, '/', 5_400)], 0)
    const { claims } = judge(subjects, [
      read('error.log', subjects, [error(refused, '/', 5_000), error('no live upstreams', '/', 5_400)]),
    ])
    expect(claims).toMatchObject([{ cause: null, failures: [0, 1] }])
    expect(claims[0]?.because.join()).toContain('for 2 of 2 failures several rows')
  })

  it('takes a reset at once, unknown to the app, for a pooled connection that the app had closed', () => {
    const subjects = subjectsOf([answered(1, '/cart', 5_000)], 20)
    const { claims } = judge(subjects, [
      read('app.log', subjects, healthyLines),
      read('nginx.access.log', subjects, [access(1, '/cart', 5_000)]),
      read('nginx.error.log', subjects, [error('recv() failed (104: Connection reset by peer)', '/cart', 5_000)]),
    ])
    expect(claims).toMatchObject([{ cause: 'upstream-keepalive-mismatch', confidence: 'likely' }])
  })
})

describe('clocks', () => {
  it('measures a zone that the log does not name, and corrects by it', () => {
    const subjects = subjectsOf([reset], 20)
    const local = healthyLines.map((line, n) =>
      line.replace(
        /^\S+ \[shop-1\] INFO: /,
        `${stamp(n * 1_000 + 19 + 7_200_000)
          .slice(0, 23)
          .replace('T', ' ')
          .replace('.', ',')} INFO:`,
      ),
    )
    const log = read('app.log', subjects, local)
    expect(log.hasZone).toBe(false)
    expect(log.shiftMs).toBeCloseTo(-7_200_000, -2)
    const { witnesses, claims } = judge(subjects, [log])
    expect(witnesses[0]?.because.join()).toContain('2 h 0 min ahead of')
    expect(claims[0]?.because[0]).toContain('never reached')
  })
})

describe('rows without trace ids', () => {
  it('belong to the healthy requests first', () => {
    const timeout: Failed = {
      request: 'GET http://s/orders/3 HTTP/1.1',
      startMs: 1_000,
      endMs: 11_000,
      symptom: 'connect-timeout',
    }
    const subjects = subjectsOf([timeout], 20)
    const bare = healthyLines.map((line) => line.replace(/ 12ms trace=.*/, ' OK'))
    const { claims } = judge(subjects, [read('app.log', subjects, bare)])
    expect(claims[0]?.because[0]).toContain("1 of 1 failures never reached the app's log")
  })

  it('decide nothing about unanswered requests when only some healthy ones were looked up', () => {
    const timeout: Failed = {
      request: 'GET http://s/orders/3 HTTP/1.1',
      startMs: 1_000,
      endMs: 11_000,
      symptom: 'connect-timeout',
    }
    const subjects = subjectsOf([timeout], 3, 10)
    const bare = healthyLines.map((line) => line.replace(/ 12ms trace=.*/, ' OK'))
    expect([...read('app.log', subjects, bare).ambiguous]).toEqual([0])
  })
})
