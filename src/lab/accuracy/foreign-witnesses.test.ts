import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../engine/diagnose.ts'
import type { Verdict } from '../score/verdict.ts'
import { moveInTime, withForeignWitnesses } from './foreign-witnesses.ts'
import { readRecordings } from './recordings.ts'
import { type Accuracy, accuracyOf } from './targets.ts'

const recordings = readRecordings(join(import.meta.dirname, '../../../fixtures/accuracy'))

function recordingOf(name: string) {
  const found = recordings.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no recording ${name}`)
  return found
}

async function accuracyWith(name: string, other: string | undefined): Promise<Accuracy> {
  const { logs, truth } = recordingOf(name)
  const judge = async (paths: readonly string[], witnesses: readonly string[]): Promise<Accuracy> => {
    const result = await diagnose({ paths, witnesses, jobs: 0, useWitnesses: other !== undefined, version: 'test' })
    const verdicts: Verdict[] = [...result.verdicts()]
    return accuracyOf(truth, verdicts)
  }
  return other === undefined
    ? await judge([logs], [])
    : await withForeignWitnesses(logs, recordingOf(other).logs, (found) => judge(found.logs, found.witnesses))
}

function wrong({ all }: Accuracy): number {
  const { certain, likely } = all.byConfidence
  return certain.total - certain.right + likely.total - likely.right
}

describe("another service's witnesses of the same minutes", () => {
  it.each([
    ['keepalive-race-gunicorn-1', 'worker-timeout-1'],
    ['keepalive-race-gunicorn-1', 'worker-killed-mid-request-1'],
    ['nginx-no-live-upstreams-1', 'nginx-upstream-refused-1'],
    ['no-local-endpoint-1', 'missing-502-1'],
    ['no-local-endpoint-1', 'event-loop-blocked-1'],
    ['proxy-sheds-idle-connections-1', 'crash-loop-1'],
    ['application-error-1', 'keepalive-race-uvicorn-1'],
  ])('make no verdict on %s wrong: those of %s', { timeout: 60_000 }, async (name, other) => {
    expect(wrong(await accuracyWith(name, other))).toBeLessThanOrEqual(wrong(await accuracyWith(name, undefined)))
  })

  it('are said not to match', { timeout: 60_000 }, async () => {
    const own = recordingOf('keepalive-race-gunicorn-1').logs
    const other = recordingOf('worker-timeout-1').logs
    const { diagnosis } = await withForeignWitnesses(own, other, ({ logs, witnesses }) =>
      diagnose({ paths: logs, witnesses, jobs: 0, version: 'test' }),
    )
    const app = diagnosis.witnesses.find((each) => each.kind === 'app-log')
    expect(app?.because.join()).toContain('it does not match this load balancer')
    expect(diagnosis.missing.map((each) => each.what).join()).toContain('the requests of this load balancer in')
  })
})

describe('moving a text in time', () => {
  it('moves what servers, proxies and documents write, and no trace id', () => {
    const text =
      '2026-11-23T02:19:00.120Z [shop-1] [2026-11-23 02:19:00 +0000] 2026/11/23 23:59:59 [error] Root=1-6b03a28e-1be26d49f746c583d5d1e4ac'
    expect(moveInTime(text, 3_601_000)).toBe(
      '2026-11-23T03:19:01.120Z [shop-1] [2026-11-23 03:19:01 +0000] 2026/11/24 01:00:00 [error] Root=1-6b03a28e-1be26d49f746c583d5d1e4ac',
    )
  })
})
