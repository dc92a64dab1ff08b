import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { diagnose } from '../../engine/diagnose.ts'
import { score } from '../score/score.ts'
import { draws } from './made-draws.ts'

let folder = ''

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('incidents whose parameters are drawn', () => {
  it.each(draws.flatMap((draw) => [2, 3].map((seed) => ({ ...draw, seed }))))(
    '$id $seed is never judged wrong with confidence',
    async ({ make, seed }) => {
      const { files, truth } = make(seed)
      folder = mkdtempSync(join(tmpdir(), 'why5xx-draw-'))
      for (const [name, text] of files) writeFileSync(join(folder, name), text)
      const { diagnosis, verdicts } = await diagnose({ paths: [folder], jobs: 0, useWitnesses: false, version: 'test' })
      expect(diagnosis.errors).toEqual([])
      const { byConfidence, mismatches } = score(truth, [...verdicts()])
      for (const word of ['certain', 'likely'] as const) expect(byConfidence[word].right).toBe(byConfidence[word].total)
      expect(mismatches.filter(({ what }) => what !== 'cause')).toEqual([])
    },
  )
})
