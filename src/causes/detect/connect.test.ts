import { describe, expect, it } from 'vitest'
import { diagnoseMade } from '../../testing/diagnose-made.ts'

/** Forty seconds of quick answers through a NodePort; for eight of them some new connections get no answer. */
async function candidates(requestMs: (n: number) => number): Promise<string[]> {
  const diagnosis = await diagnoseMade((log) => {
    for (let n = 0; n < 200; n++) {
      const atMs = n * 200
      const request = { atMs, node: n % 2, target: '10.0.16.11:30080', path: '/' }
      if (atMs >= 15_000 && atMs < 23_000 && n % 4 === 0)
        log.add({ ...request, elbStatus: 504, elapsedMs: 10_001, isConnectFailure: true })
      else {
        const waitMs = requestMs(n)
        log.add({ ...request, elbStatus: 200, targetStatus: 200, requestMs: waitMs, elapsedMs: waitMs + 20 })
      }
    }
  })
  expect(diagnosis.findings).toMatchObject([{ symptom: 'connect-timeout', cause: null }])
  return diagnosis.findings[0]?.candidates.map(({ cause }) => cause) ?? []
}

describe('connections through a NodePort that got no answer, among quick answers', () => {
  it('may have found a node without room, where repeated SYNs got through', async () => {
    const found = await candidates((n) => (n >= 75 && n < 115 && n % 10 === 1 ? 3_010 : 0))
    expect(found.slice(0, 2)).toEqual(['listen-backlog-overflow', 'conntrack-table-full'])
  })

  it('may have found no source port, where none got through late', async () => {
    expect((await candidates(() => 0)).slice(0, 2)).toEqual(['listen-backlog-overflow', 'snat-port-exhaustion'])
  })
})

describe('answers of a second and more beside connections that got none', () => {
  /** A minute; for eight seconds some connections get no answer, and others get through with a repeated SYN. */
  const causeWhen = async (answerMs: (isIn: boolean) => number): Promise<string | null | undefined> => {
    const diagnosis = await diagnoseMade((log) => {
      for (let n = 0; n < 300; n++) {
        const atMs = n * 200
        const isIn = atMs >= 25_000 && atMs < 33_000
        const request = { atMs, node: n % 2, target: '10.0.16.11:30080', path: '/report' }
        if (isIn && n % 4 === 0) log.add({ ...request, elbStatus: 504, elapsedMs: 10_001, isConnectFailure: true })
        else {
          const waitMs = isIn && n % 10 === 1 ? 3_010 : 0
          log.add({
            ...request,
            elbStatus: 200,
            targetStatus: 200,
            requestMs: waitMs,
            elapsedMs: waitMs + answerMs(isIn),
          })
        }
      }
    })
    return diagnosis.findings[0]?.cause
  }

  it('show a full accept queue where the route is quick at other times', async () => {
    expect(await causeWhen((isIn) => (isIn ? 1_500 : 20))).toBe('listen-backlog-overflow')
  })

  it('show nothing where the route always takes so long', async () => {
    expect(await causeWhen(() => 1_500)).toBeNull()
  })
})
