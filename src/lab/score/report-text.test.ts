import { describe, expect, it } from 'vitest'
import type { RunResult } from '../run/run-scenario.ts'
import { renderAccuracy } from './report-markdown.ts'
import { renderReport } from './report-text.ts'
import { reportOf } from './run-report.ts'
import { score } from './score.ts'

const truth = {
  traceId: 'Root=1-6b03a298-5b40496cb3924a882edc640e',
  time: '2026-11-23T02:19:04.785847Z',
  node: '10.0.1.11',
  target: '10.0.16.11:30080',
  elbStatus: 502,
  targetStatus: '-',
  answeredBy: 'load-balancer',
  symptom: 'connect-refused',
  causes: ['service-without-endpoints'],
  why: 'SYN answered by ICMP port unreachable',
  phase: 'connect',
  socket: {},
  seenByApp: false,
} as const

function run(change: Partial<RunResult> = {}): RunResult {
  return {
    scenario: 'missing-502',
    fix: null,
    seed: 1,
    folder: 'lab-out/missing-502',
    isComplete: true,
    failures: 1,
    byCause: { 'service-without-endpoints': 1 },
    bySymptom: { 'connect-refused': 1 },
    rejectedByCause: {},
    client: { requests: 100, outcomes: { 200: 99, 502: 1 }, latencyMs: { p50: 20, p95: 60, p99: 1500, max: 1600 } },
    findings: [
      {
        cause: null,
        symptom: 'connect-refused',
        confidence: null,
        requests: 0,
        failures: 1,
        candidates: ['connection-refused', 'service-without-endpoints'],
      },
    ],
    score: score(
      [truth],
      [
        {
          traceId: truth.traceId,
          answeredBy: 'load-balancer',
          symptom: 'connect-refused',
          cause: null,
          confidence: null,
          candidates: ['connection-refused', 'service-without-endpoints'],
        },
      ],
    ),
    missed: [],
    ...change,
  }
}

describe('the report of a lab run', () => {
  it('tells the story, what really happened, what the diagnosis says, and whether that is right', () => {
    const text = renderReport(reportOf([run()], 1))
    expect(text).toContain('A FastAPI application runs as a Deployment')
    expect(text).toContain('       1  service-without-endpoints')
    expect(text).toContain('connect-refused: undetermined, one of connection-refused, service-without-endpoints')
    expect(text).toContain('true cause among the candidates 1, first 0')
    expect(text).toContain('The run met the expectation.')
  })

  it('puts a run with a fix beside the one without', () => {
    const after = run({
      fix: 'nginx',
      failures: 0,
      byCause: {},
      client: { requests: 100, outcomes: { 200: 100 }, latencyMs: { p50: 25, p95: 900, p99: 2500, max: 3000 } },
    })
    const text = renderReport(reportOf([run(), after], 1))
    expect(text).toMatch(/failures\s+1\s+0/)
    expect(text).toMatch(/latency p95 of what was answered\s+60 ms\s+900 ms/)
  })

  it('names every scenario and every missed expectation in the accuracy page', () => {
    const text = renderAccuracy(
      reportOf([run({ missed: ['0 failures by service-without-endpoints, at least 20 expected'] })], 1),
    )
    expect(text).toContain('| symptom right | 1 of 1 | all |')
    expect(text).toContain('0 failures by service-without-endpoints, at least 20 expected')
  })
})
