import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../engine/diagnose.ts'
import type { Verdict } from '../score/verdict.ts'

const folder = join(import.meta.dirname, '../../../fixtures/accuracy')
const RANK = { certain: 3, likely: 2, possible: 1 } as const

const rankOf = ({ confidence }: Verdict): number => (confidence === null ? 0 : RANK[confidence])

async function judge(recording: string, useWitnesses: boolean): Promise<Awaited<ReturnType<typeof diagnose>>> {
  return await diagnose({ paths: [join(folder, recording, 'logs')], jobs: 0, useWitnesses, version: 'test' })
}

describe("an incident's own witnesses", () => {
  it.each([
    'cold-start-overload-12',
    'event-loop-blocked-12',
    'keepalive-race-gunicorn-12',
    'keepalive-race-uvicorn-13',
    'missing-502-12',
    'nginx-upstream-refused-12',
    'two-causes-1',
    'worker-timeout-1',
  ])('make no verdict on %s less sure, and none another, unless they rule it out', async (recording) => {
    const alone = [...(await judge(recording, false)).verdicts()]
    const { diagnosis, verdicts } = await judge(recording, true)
    const withThem = new Map([...verdicts()].map((verdict) => [verdict.traceId, verdict]))
    const ruledOut = new Set(diagnosis.findings.flatMap((finding) => finding.ruledOut.map(({ cause }) => cause)))
    const worse = alone.filter((before) => {
      const after = withThem.get(before.traceId)
      if (before.cause === null || ruledOut.has(before.cause)) return false
      return after === undefined || after.cause !== before.cause || rankOf(after) < rankOf(before)
    })
    expect(alone.length).toBeGreaterThan(0)
    expect(worse).toEqual([])
  })

  it.each(['keepalive-race-gunicorn-12', 'keepalive-race-uvicorn-13', 'two-causes-1'])(
    'name the race on %s, which traffic in step with it hides from the log alone',
    async (recording) => {
      const cause = 'keepalive-shorter-than-idle-timeout'
      const named = async (useWitnesses: boolean): Promise<Verdict[]> =>
        [...(await judge(recording, useWitnesses)).verdicts()].filter((verdict) => verdict.cause === cause)
      expect(await named(false)).toEqual([])
      const found = await named(true)
      expect(found.length).toBeGreaterThan(4)
      expect(new Set(found.map(({ confidence }) => confidence))).toEqual(new Set(['likely']))
    },
  )
})
