import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../lab/traffic/random.ts'
import { type DiagnoseResult, diagnose } from './diagnose.ts'

/** What remains of a slow target when nothing shows why it was slow: it says no more than the row does. */
const PLAIN = 'target-idle-timeout'

const recordings = 'fixtures/accuracy'
const incidents = readdirSync(recordings).filter((name) => name.endsWith('-1'))
const folder = mkdtempSync(join(tmpdir(), 'why5xx-scope-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** All rows of a recording; the node's address is in each. */
function rowsOf(incident: string): string[] {
  const logs = join(recordings, incident, 'logs')
  return readdirSync(logs)
    .filter((name) => name.includes('_elasticloadbalancing_'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(logs, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    )
}

async function run(rows: readonly string[]): Promise<DiagnoseResult> {
  const path = join(folder, 'rows.log')
  writeFileSync(path, `${rows.join('\n')}\n`)
  return diagnose({ paths: [path], jobs: 0, version: '0' })
}

/** The causes that are named, and those that are named with confidence. */
function named({ diagnosis }: DiagnoseResult): { all: Set<string>; confident: Set<string> } {
  const findings = diagnosis.findings.filter(({ cause, failures }) => cause !== null && failures > 0)
  return {
    all: new Set(findings.map(({ cause }) => cause as string)),
    confident: new Set(
      findings
        .filter(({ confidence }) => confidence === 'likely' || confidence === 'certain')
        .map(({ cause }) => cause as string),
    ),
  }
}

describe.each(incidents)('%s', (incident) => {
  it('a cause is gone without the rows of its failures, and nothing else is claimed in its place', async () => {
    const rows = rowsOf(incident)
    const whole = await run(rows)
    const before = named(whole)
    const verdicts = [...whole.verdicts()]
    for (const cause of before.all) {
      const own = new Set(verdicts.filter((verdict) => verdict.cause === cause).map((verdict) => verdict.row))
      expect(own.size).toBeGreaterThan(0)
      const after = named(await run(rows.filter((_, n) => !own.has(n + 1))))
      expect([...after.all]).not.toContain(cause)
      for (const other of after.confident) expect([...before.all], `without ${cause}`).toContain(other)
    }
  })

  it('half of the failures give no confident cause that all of them do not', async () => {
    const rows = rowsOf(incident)
    const whole = await run(rows)
    const failed = new Set([...whole.verdicts()].map((verdict) => verdict.row))
    const random = new Random(1)
    const half = await run(rows.filter((_, n) => !failed.has(n + 1) || random.next() < 0.5))
    const before = named(whole)
    for (const cause of named(half).confident) expect([...before.all, PLAIN]).toContain(cause)
  })
})
