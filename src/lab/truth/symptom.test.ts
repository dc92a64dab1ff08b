import { describe, expect, it } from 'vitest'
import type { Failure } from './failure.ts'
import { symptomOfSockets } from './symptom.ts'

const base: Failure = {
  traceId: 'Root=1-6b03a298-5b40496cb3924a882edc640e',
  time: '2026-11-23T02:19:04.785847Z',
  created: '2026-11-23T02:19:04.784000Z',
  node: '10.0.1.11',
  target: '10.0.16.11:30080',
  client: '203.0.113.20:40000',
  elbStatus: 502,
  targetStatus: null,
  method: 'GET',
  uri: 'http://www.shop.example:80/',
  phase: 'connect',
  isTruncated: false,
  isFailOpen: false,
  socket: { event: 'ECONNREFUSED', after_ms: 0.4 },
}

describe('the symptom from the sockets', () => {
  it.each([
    ['connect-refused', 'an ICMP answer at once', base],
    [
      'connect-failed-late',
      'a repeated SYN that was refused',
      { ...base, socket: { event: 'ECONNREFUSED', after_ms: 3071 } },
    ],
    [
      'connect-timeout',
      'ten seconds without an answer',
      { ...base, elbStatus: 504, socket: { event: 'connect-timer', after_ms: 10_000 } },
    ],
    [
      'connect-timeout',
      'no route, said after three tries of 3 s',
      { ...base, socket: { event: 'EHOSTUNREACH', after_ms: 9_938 } },
    ],
    [
      'closed-before-response',
      'a FIN instead of an answer',
      { ...base, phase: 'await-response' as const, socket: { event: 'FIN', after_ms: 1 } },
    ],
    [
      'response-timeout',
      'silence for the idle timeout',
      { ...base, elbStatus: 504, phase: 'await-response' as const, socket: { event: 'idle-timer', after_ms: 60_000 } },
    ],
    [
      'no-target',
      'an empty target group',
      { ...base, elbStatus: 503, target: null, phase: 'request' as const, socket: {} },
    ],
    ['client-left', 'a client that left', { ...base, elbStatus: 460, socket: { event: 'client-closed' } }],
    ['target-answered', 'a target that answered', { ...base, targetStatus: 502, phase: 'done' as const, socket: {} }],
  ])('is %s for %s', (symptom, _what, failure) => {
    expect(symptomOfSockets(failure).symptom).toBe(symptom)
  })

  it('tells a listener rule from an empty target group by the rule', () => {
    const failure: Failure = {
      ...base,
      elbStatus: 503,
      target: null,
      phase: 'request',
      uri: 'http://www.shop.example:80/maintenance/7',
      socket: {},
    }
    expect(symptomOfSockets(failure, ['/maintenance/']).symptom).toBe('rule-answered')
  })
})
