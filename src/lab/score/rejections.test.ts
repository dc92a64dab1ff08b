import { describe, expect, it } from 'vitest'
import type { FindingSummary } from '../run/diagnose.ts'
import { missedRejections } from './rejections.ts'

function said(
  cause: string | null,
  requests: number,
  confidence: string | null = 'certain',
  candidates: readonly string[] = [],
): FindingSummary {
  return { cause, symptom: 'rejected-request', confidence, failures: 0, requests, candidates }
}

describe('what is said of rejected requests', () => {
  it('is right when every cause has its number', () => {
    expect(missedRejections({}, [])).toEqual([])
    expect(missedRejections({ 'xff-too-long': 4 }, [said('xff-too-long', 4)])).toEqual([])
    const both = [said('request-too-large-for-alb', 3, 'likely'), said('request-too-large-for-alb', 1)]
    expect(missedRejections({ 'request-too-large-for-alb': 4 }, both)).toEqual([])
  })

  it('may be open with the true cause among the candidates', () => {
    const open = [said(null, 4, null, ['client-incomplete-request', 'request-too-large-for-alb'])]
    expect(missedRejections({ 'request-too-large-for-alb': 4 }, open)).toEqual([])
    expect(missedRejections({ 'desync-blocked': 4 }, open)).toEqual([
      'desync-blocked is no candidate of 4 rejected requests',
    ])
  })

  it('is wrong when a cause is said too often, or requests are forgotten', () => {
    expect(missedRejections({ 'xff-too-long': 4 }, [said('desync-blocked', 4)])).toHaveLength(3)
    expect(missedRejections({ 'xff-too-long': 4 }, [said('xff-too-long', 3)])).toHaveLength(2)
    // Findings about failures are judged one by one, elsewhere.
    const failures = { ...said('connection-refused', 9), failures: 9 }
    expect(missedRejections({}, [failures])).toEqual([])
  })
})
