import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Diagnosis } from '../core/diagnosis.ts'
import { diagnose } from '../engine/diagnose.ts'
import { MadeLog } from '../lab/accuracy/made-log.ts'

/** The whole way from rows to findings, for a log that `write` makes up. */
export async function diagnoseMade(write: (log: MadeLog) => void, seed = 1): Promise<Diagnosis> {
  const log = new MadeLog(seed, 'shop')
  write(log)
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-made-'))
  try {
    for (const [name, text] of log.finish().files) writeFileSync(join(folder, name), text)
    return (await diagnose({ paths: [folder], jobs: 0, version: '0' })).diagnosis
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function causesIn(diagnosis: Diagnosis): (string | null)[] {
  return diagnosis.findings.map((finding) => finding.cause)
}
