import { describe, expect, it } from 'vitest'
import { type Failed, judge, read, stamp, subjectsOf, traceId, uvicorn } from '../../testing/witness-shop.ts'
import { makeSubjects } from '../subjects.ts'

/** One every two seconds, on one route. */
function lost(count: number, path: (n: number) => string, rest: Partial<Failed> = {}): Failed[] {
  return Array.from({ length: count }, (_, n) => ({
    trace: n,
    request: `GET https://shop.example:443${path(n)} HTTP/1.1`,
    startMs: 5_000 + n * 2_000,
    endMs: 5_012 + n * 2_000,
    symptom: 'closed-before-response' as const,
    ...rest,
  }))
}

/** What the app wrote of the healthy requests, and of the lost ones when `status` is given. */
function appLog(failed: readonly Failed[], healthy: number, status: number | undefined, more: readonly string[] = []) {
  return [
    ...Array.from({ length: healthy }, (_, n) => uvicorn(1_000 + n, n * 1_000 + 19, `/orders/${n}`)),
    ...(status === undefined
      ? []
      : failed.map(({ endMs, request }, n) => uvicorn(n, endMs - 1, request.split(' ')[1]?.slice(24) ?? '', status))),
    ...more,
  ]
}

function claims(failed: readonly Failed[], healthy: number, status: number | undefined, more: readonly string[] = []) {
  const subjects = subjectsOf(failed, healthy)
  return judge(subjects, [read('app.log', subjects, appLog(failed, healthy, status, more))]).claims
}

describe('a 502 that the app had answered', () => {
  it('is possibly malformed where all of a route fail', () => {
    expect(
      claims(
        lost(10, (n) => `/legacy/${n}`),
        60,
        200,
      ),
    ).toMatchObject([
      {
        cause: 'malformed-response',
        confidence: 'possible',
        candidates: ['response-headers-too-large', 'content-length-mismatch'],
      },
    ])
  })

  it('possibly has too large headers where a part of a route fails', () => {
    expect(
      claims(
        lost(10, (n) => `/orders/${n + 500}`),
        60,
        200,
      ),
    ).toMatchObject([
      {
        cause: 'response-headers-too-large',
        confidence: 'possible',
        candidates: ['malformed-response', 'content-length-mismatch'],
      },
    ])
  })

  it('likely has too large headers where all requests above one size fail, and none below', () => {
    const [claim] = claims(
      lost(10, (n) => `/orders/${n + 500}`, { receivedBytes: 9_000 }),
      60,
      200,
    )
    expect(claim).toMatchObject({ cause: 'response-headers-too-large', confidence: 'likely', candidates: [] })
  })

  it('is named by nothing when the app answered after the end, or its process was ending', () => {
    const late = lost(10, (n) => `/legacy/${n}`).map((each) => ({ ...each, endMs: each.endMs - 8 }))
    const subjects = subjectsOf(late, 60)
    const app = read(
      'app.log',
      subjects,
      appLog(
        late.map((each) => ({ ...each, endMs: each.endMs + 900 })),
        60,
        200,
      ),
    )
    expect(judge(subjects, [app]).claims).toMatchObject([{ cause: null }])
    const stops = lost(10, () => '').map(({ endMs }) => `${stamp(endMs)} [shop-1] INFO:     Shutting down`)
    expect(
      claims(
        lost(10, (n) => `/legacy/${n}`),
        60,
        200,
        stops,
      ),
    ).toMatchObject([{ cause: null }])
  })

  it('is named by nothing without the answer', () => {
    expect(
      claims(
        lost(10, (n) => `/legacy/${n}`),
        60,
        undefined,
      ),
    ).toMatchObject([{ cause: null }])
  })
})

it('a client that writes sizes into its name has no say in what nginx sent', () => {
  const failed = lost(6, (n) => `/menus/${n}`)
  const subjects = subjectsOf(failed, 60)
  const lines = failed.map(
    ({ endMs }, n) =>
      `10.0.1.11 - - [${stamp(endMs)}] "GET /menus/${n} HTTP/1.1" 200 10 "-" "Mozilla sent=99999999" rt=0.010 us=200 ${traceId(n)}`,
  )
  expect(judge(subjects, [read('nginx.log', subjects, lines)]).claims).not.toMatchObject([
    { cause: 'response-headers-too-large' },
  ])
})

describe('an upload that the app refused', () => {
  const uploads = lost(6, (n) => `/photos/${n}`).map((each) => ({
    ...each,
    request: each.request.replace('GET', 'POST'),
    receivedBytes: 40_000,
  }))
  const posts = (status: number): string[] =>
    uploads.map(({ endMs }, n) => uvicorn(n, endMs - 1, `/photos/${n}`, status).replace('GET', 'POST'))

  it('is named by the 413 of its trace id', () => {
    expect(claims(uploads, 60, undefined, posts(413))).toMatchObject([
      { cause: 'early-response-to-upload', confidence: 'likely' },
    ])
  })

  it('is none when there was hardly a body to refuse', () => {
    const logins = uploads.map((each) => ({ ...each, receivedBytes: 400 }))
    const subjects = subjectsOf(logins, 60, 1, (n) => `/photos/${n}`)
    const others = subjects.controls.map((each) => ({
      ...each,
      request: each.request.replace('GET', 'POST'),
      targetStatus: 401,
    }))
    const app = read('app.log', subjects, [...appLog(logins, 60, undefined), ...posts(401)])
    const { claims: found } = judge(makeSubjects({ ...subjects, controls: others }), [app])
    expect(found).not.toMatchObject([{ cause: 'early-response-to-upload' }])
  })

  it('is no refusal when the app took it', () => {
    expect(claims(uploads, 60, undefined, posts(200))).toMatchObject([{ cause: 'malformed-response' }])
  })
})

describe('an error about the length of an answer', () => {
  const failed = lost(12, (n) => `/menus/${n}`)
  const text =
    "Error [ERR_HTTP_CONTENT_LENGTH_MISMATCH]: Response body's content-length of 390 byte(s) does not match the content-length of 360 byte(s) set in header"

  it('beside each failure names the cause', () => {
    const errors = failed.map(({ endMs }) => `${stamp(endMs - 1)} [shop-1] ${text}`)
    const [claim] = claims(failed, 60, undefined, errors)
    expect(claim).toMatchObject({ cause: 'content-length-mismatch', confidence: 'likely' })
    expect(claim?.because[0]).toContain('12 of 12: within 0.5 s of "Error [ERR_HTTP')
  })

  it('that is as near to healthy requests names nothing', () => {
    const errors = Array.from({ length: 240 }, (_, n) => `${stamp(n * 250)} [shop-1] ${text}`)
    expect(claims(failed, 60, undefined, errors)).toMatchObject([{ cause: null }])
  })
})

describe('a 503 of the server itself', () => {
  const failed = lost(12, (n) => `/orders/${n + 500}`, { symptom: 'target-answered', targetStatus: 503 })
  const limits = failed.map(({ endMs }) => `${stamp(endMs)} [shop-1] WARNING:  Exceeded concurrency limit.`)

  it('is the limit that its log names at those moments', () => {
    expect(claims(failed, 60, undefined, limits)).toMatchObject([
      { cause: 'admission-limit-rejected', confidence: 'likely' },
    ])
  })

  it('is the app’s where its log has the 503 and no limit was reached', () => {
    expect(claims(failed, 60, 503)).toMatchObject([{ cause: 'application-error' }])
  })
})

describe('a head that nginx measured', () => {
  const failed = lost(4, (n) => `/account/${n}`)
  const nginx = (n: number, atMs: number, sizes: string): string =>
    `10.0.1.11 - [${stamp(atMs)}] "GET /account/${n} HTTP/1.1" 200 ${sizes} us=200 trace=Root=1-6b03a28e-${String(n).padStart(24, '0')}`
  const judged = (sizes: string) => {
    const subjects = subjectsOf(failed, 60)
    return judge(subjects, [
      read(
        'nginx.log',
        subjects,
        failed.map(({ endMs }, n) => nginx(n, endMs - 1, sizes)),
      ),
    ]).claims
  }

  it('is too large above 32 KB, for sure by trace id', () => {
    expect(judged('500 bytes_sent=41230')).toMatchObject([
      { cause: 'response-headers-too-large', confidence: 'certain', failures: [0, 1, 2, 3] },
    ])
  })

  it('is not below', () => {
    expect(judged('40500 bytes_sent=41230')).toMatchObject([{ cause: null }])
  })
})
