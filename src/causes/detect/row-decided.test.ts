import { describe, expect, it } from 'vitest'
import { rejectedCause } from './row-decided.ts'

const rejected = {
  errorReason: null,
  actions: 'forward',
  classificationReason: null,
  symptom: 'rejected-request',
  hasLargeHead: false,
}

describe('a 4XX of the load balancer', () => {
  it('408 has one documented reason', () => {
    expect(rejectedCause({ ...rejected, elbStatus: 408 })?.cause).toBe('client-incomplete-request')
  })

  it('400 has several: a reason of the desync mitigation names one, without it none is named', () => {
    expect(rejectedCause({ ...rejected, elbStatus: 400, classificationReason: 'BadHeader' })?.cause).toBe(
      'desync-blocked',
    )
    expect(rejectedCause({ ...rejected, elbStatus: 400 })).toBeUndefined()
  })

  it('400 with a head above the limits is likely too large, not certain', () => {
    expect(rejectedCause({ ...rejected, elbStatus: 400, hasLargeHead: true })).toMatchObject({
      cause: 'request-too-large-for-alb',
      confidence: 'likely',
    })
    expect(rejectedCause({ ...rejected, elbStatus: 414 })).toMatchObject({ confidence: 'certain' })
  })
})
