import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { diagnose } from '../../engine/diagnose.ts'
import { score } from '../score/score.ts'
import { draws } from './made-draws.ts'

let folder = ''

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function judge(files: ReadonlyMap<string, string>): Promise<Awaited<ReturnType<typeof diagnose>>> {
  folder = mkdtempSync(join(tmpdir(), 'why5xx-draw-'))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  return await diagnose({ paths: [folder], jobs: 0, useWitnesses: false, version: 'test' })
}

describe('incidents whose parameters are drawn', () => {
  // Seeds that once were: a queue longer than the idle timeout, and workers that die as the traffic ends.
  const once = new Map([
    ['worker-pool-exhausted', [57]],
    ['worker-timeout', [69]],
  ])

  it.each(draws.flatMap((draw) => [2, 3, ...(once.get(draw.id) ?? [])].map((seed) => ({ ...draw, seed }))))(
    '$id $seed is never judged wrong with confidence',
    async ({ make, seed }) => {
      const { files, truth } = make(seed)
      const { diagnosis, verdicts } = await judge(files)
      expect(diagnosis.errors).toEqual([])
      const { byConfidence, mismatches } = score(truth, [...verdicts()])
      for (const word of ['certain', 'likely'] as const) expect(byConfidence[word].right).toBe(byConfidence[word].total)
      expect(mismatches.filter(({ what }) => what !== 'cause')).toEqual([])
    },
  )

  it.each([
    { id: 'two-causes', seed: 5 },
    { id: 'crash-loop', seed: 2 },
    { id: 'rolling-deploy', seed: 2 },
    { id: 'worker-timeout', seed: 3 },
    { id: 'service-without-endpoints', seed: 9 },
  ])('$id $seed: without the failures of a finding, nothing else is given its cause', async ({ id, seed }) => {
    const draw = draws.find((each) => each.id === id)
    if (draw === undefined) throw new Error('no such draw')
    const { files } = draw.make(seed)
    const before = [...(await judge(files)).verdicts()]
    const causes = new Set(before.map(({ cause }) => cause).filter((cause) => cause !== null))
    expect(causes.size).toBeGreaterThan(0)
    for (const cause of causes) {
      rmSync(folder, { recursive: true, force: true })
      const gone = new Set(before.filter((verdict) => verdict.cause === cause).map(({ traceId }) => traceId ?? ''))
      const keep = (row: string): boolean => !gone.has(/"(Root=[^"]+)"/.exec(row)?.[1] ?? '')
      const rest = new Map([...files].map(([name, text]) => [name, text.split('\n').filter(keep).join('\n')]))
      const after = [...(await judge(rest)).verdicts()]
      expect(after).toHaveLength(before.length - gone.size)
      expect(after.filter((verdict) => verdict.cause === cause)).toEqual([])
    }
  })
})
