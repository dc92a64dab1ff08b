import { describe, expect, it } from 'vitest'
import type { TruthRow } from '../truth/truth-rows.ts'
import { addScores, missedTargets, score } from './score.ts'
import type { Verdict } from './verdict.ts'

const race: TruthRow = {
  traceId: 'Root=1-6b03a298-5b40496cb3924a882edc640e',
  time: '2026-11-23T02:19:04.785847Z',
  node: '10.0.1.11',
  target: '10.0.32.10:8000',
  elbStatus: 502,
  targetStatus: '-',
  answeredBy: 'load-balancer',
  symptom: 'closed-before-response',
  causes: ['keepalive-shorter-than-idle-timeout'],
  why: 'reused connection idle 5001.5 ms',
  phase: 'await-response',
  socket: { event: 'FIN' },
  seenByApp: false,
}

const right: Verdict = {
  traceId: race.traceId,
  answeredBy: 'load-balancer',
  symptom: 'closed-before-response',
  cause: 'keepalive-shorter-than-idle-timeout',
  confidence: 'likely',
  candidates: [],
}

describe('the score of a diagnosis', () => {
  it('counts a right cause in its confidence word', () => {
    const one = score([race], [right])
    expect(one.byConfidence.likely).toEqual({ total: 1, right: 1 })
    expect(missedTargets(one)).toEqual([])
  })

  it('does not forgive a wrong cause that was called certain', () => {
    const one = score([race], [{ ...right, cause: 'worker-timeout', confidence: 'certain' }])
    expect(one.confusion).toEqual({ 'keepalive-shorter-than-idle-timeout': { 'worker-timeout': 1 } })
    expect(missedTargets(one)).toEqual(['certain is right for 0 of 1 failures'])
  })

  it('counts undetermined with the true cause among the candidates', () => {
    const candidates = ['worker-recycling', 'keepalive-shorter-than-idle-timeout']
    const one = score([race], [{ ...right, cause: null, confidence: null, candidates }])
    expect(one).toMatchObject({ undetermined: 1, undeterminedCovered: 1, undeterminedFirst: 0 })
    expect(missedTargets(one)).toEqual([])
  })

  it('sees a failure that the diagnosis dropped, and one that it invented', () => {
    expect(missedTargets(score([race], []))[0]).toContain('answeredBy is right for 0 of 1')
    expect(missedTargets(score([], [right]))).toEqual(['1 verdicts belong to no failure'])
  })

  it('adds up over runs', () => {
    const total = addScores([score([race], [right]), score([race], [right])])
    expect(total).toMatchObject({ failures: 2, symptomRight: 2, byConfidence: { likely: { total: 2, right: 2 } } })
  })
})
