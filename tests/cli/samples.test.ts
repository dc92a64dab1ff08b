import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  copyIncident,
  diagnose,
  incidentNames,
  incidents,
  logRows,
  ndjson,
  scratchFolder,
  unbalanced,
} from './incidents.ts'
import { runCli } from './run-cli.ts'

interface TruthRow {
  readonly traceId: string
  readonly time: string
  readonly node: string
  readonly elbStatus: number
  readonly answeredBy: string
  readonly symptom: string
}

function truthOf(incident: string): TruthRow[] {
  return ndjson(readFileSync(join(incidents, incident, 'truth.ndjson'), 'utf8')) as TruthRow[]
}

describe.each(incidentNames)('%s', (incident) => {
  test('every failure gets the answeredBy and the symptom that the sockets saw', () => {
    const truth = truthOf(incident)
    const { verdicts, exitCode } = diagnose(join(incidents, incident))
    const byTraceId = new Map(verdicts.map((verdict) => [verdict.traceId, verdict]))
    const wrong = truth.filter((row) => {
      const verdict = byTraceId.get(row.traceId)
      return verdict?.answeredBy !== row.answeredBy || verdict.symptom !== row.symptom
    })
    expect(wrong).toEqual([])
    expect(verdicts).toHaveLength(truth.length)
    expect(exitCode).toBe(0)
  })

  test('the books balance, and every row of the log is in them', () => {
    const { diagnosis } = diagnose(join(incidents, incident))
    expect(unbalanced(diagnosis)).toEqual([])
    expect(diagnosis.books.requests).toBe(logRows(incident).length)
    expect(diagnosis.books.failures).toBe(truthOf(incident).length)
    expect(diagnosis.complete).toBe(true)
  })

  test('another folder name, without truth and without settings, changes no verdict', () => {
    const folder = join(scratchFolder(), 'logs')
    copyIncident(incident, folder)
    rmSync(join(folder, 'truth.ndjson'))
    rmSync(join(folder, 'about.json'))
    const withoutInput = (run: ReturnType<typeof diagnose>): unknown[] =>
      run.verdicts
        .map(({ input: _input, ...rest }) => rest)
        .sort((a, b) => `${a.traceId}${a.time}`.localeCompare(`${b.traceId}${b.time}`))
    const renamed = diagnose(folder)
    const original = diagnose(join(incidents, incident))
    expect(withoutInput(renamed)).toEqual(withoutInput(original))
    expect(renamed.diagnosis.findings.map((finding) => [finding.cause, finding.failures])).toEqual(
      original.diagnosis.findings.map((finding) => [finding.cause, finding.failures]),
    )
  })
})

describe('--where', () => {
  const incident = join(incidents, 'nodeport-no-endpoints')

  test('a filter on the node recomputes everything, and the parts add up to the whole', () => {
    const nodes = ['10.37.0.11', '10.37.0.12']
    const whole = diagnose(incident).diagnosis
    const parts = nodes.map((node) => diagnose(incident, '--where', `node=${node}`).diagnosis)
    for (const [index, part] of parts.entries()) {
      expect(unbalanced(part)).toEqual([])
      expect(part.books.failures).toBe(
        truthOf('nodeport-no-endpoints').filter((row) => row.node === nodes[index]).length,
      )
      expect(part.books.rows).toBe(whole.books.rows)
    }
    const sum = (pick: (diagnosis: typeof whole) => number): number =>
      parts.reduce((total, part) => total + pick(part), 0)
    expect(sum((part) => part.books.requests)).toBe(whole.books.requests)
    expect(sum((part) => part.books.elb5xx)).toBe(whole.books.elb5xx)
  })

  test('a filter on the status keeps those rows only', () => {
    const { diagnosis, verdicts } = diagnose(incident, '--where', 'status=504')
    expect(diagnosis.books.failures).toBe(
      truthOf('nodeport-no-endpoints').filter((row) => row.elbStatus === 504).length,
    )
    expect(diagnosis.books.requests).toBe(diagnosis.books.failures)
    expect(new Set(verdicts.map((verdict) => verdict.symptom))).toEqual(new Set(['connect-timeout']))
  })

  test('a filter on the path takes a glob', () => {
    const matching = logRows('nodeport-no-endpoints').filter((row) => /"\w+ http:\/\/[^/]+\/api\//.test(row))
    expect(diagnose(incident, '--where', 'path=/api/*').diagnosis.books.requests).toBe(matching.length)
  })

  test('an unknown field is a usage error that names the fields', () => {
    const { exitCode, stderr } = runCli(['diagnose', incident, '--where', 'colour=red'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('colour')
    expect(stderr).toContain('targetGroup')
  })
})

describe('exit codes', () => {
  test('a healthy log exits 0 and says that nothing failed', () => {
    const { exitCode, stdout } = runCli([join(incidents, 'healthy-control')])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/no (request )?fail/i)
  })

  test('an unknown option is a usage error', () => {
    expect(runCli(['diagnose', join(incidents, 'healthy-control'), '--frobnicate']).exitCode).toBe(2)
  })

  test('a format that does not exist is a usage error', () => {
    expect(runCli(['diagnose', join(incidents, 'healthy-control'), '--format', 'tea']).exitCode).toBe(2)
  })

  test('--fail-on likely exits 0 over a healthy log', () => {
    expect(runCli(['diagnose', join(incidents, 'healthy-control'), '--fail-on', 'likely']).exitCode).toBe(0)
  })

  test('results go to stdout and everything else to stderr', () => {
    const { stdout, stderr } = runCli(['diagnose', join(incidents, 'idle-timeout'), '--format', 'json'])
    expect(() => JSON.parse(stdout)).not.toThrow()
    expect(stderr).not.toContain('{')
  })
})

test('all incidents at once are told apart by load balancer, and the books still balance', () => {
  const { diagnosis, verdicts } = diagnose(...incidentNames.map((name) => join(incidents, name)))
  expect(unbalanced(diagnosis)).toEqual([])
  expect(verdicts).toHaveLength(incidentNames.flatMap(truthOf).length)
})
