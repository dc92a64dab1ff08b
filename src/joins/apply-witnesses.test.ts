import { expect, it } from 'vitest'
import { judge, read, stamp, subjectsOf } from '../testing/witness-shop.ts'

const failed = Array.from({ length: 6 }, (_, n) => ({
  request: `GET https://shop.example:443/cart/${n} HTTP/1.1`,
  startMs: 40_000 + n * 1_000,
  endMs: 50_000 + n * 1_000,
  symptom: 'connect-timeout' as const,
}))

it('names what a witness that makes a cause only possible leaves open', () => {
  const subjects = subjectsOf(failed, 100)
  const lines = failed.map(
    ({ startMs }) =>
      `Nov 23 ${stamp(startMs).slice(11, 19)} node-1 kernel: nf_conntrack: nf_conntrack: table full, dropping packet`,
  )
  const left = ['listen-backlog-overflow', 'conntrack-table-full', 'security-group-or-nacl-block']
  const { claims } = judge(subjects, [read('kern.log', subjects, lines)], left)
  expect(claims).toMatchObject([
    {
      cause: 'conntrack-table-full',
      confidence: 'possible',
      candidates: ['listen-backlog-overflow', 'security-group-or-nacl-block'],
    },
  ])
  expect(claims[0]?.because[0]).toContain('no list of nodes or pods says which targets are on node-1')
})

it('draws a line that a witness writes again and again as one event', () => {
  const subjects = subjectsOf(failed, 100)
  const seconds = [40, 40, 41, 44, 49, 70]
  const lines = seconds.map(
    (second) =>
      `Nov 23 ${stamp(second * 1_000).slice(11, 19)} node-1 kernel: nf_conntrack: nf_conntrack: table full, dropping packet`,
  )
  const { witnesses } = judge(subjects, [read('kern.log', subjects, lines)])
  const text = 'node-1: nf_conntrack: nf_conntrack: table full, dropping packet'
  expect(witnesses[0]?.events).toEqual([
    { time: '2026-11-23T02:19:40.000Z', what: `${text} (5 times until 02:19:49)` },
    { time: '2026-11-23T02:20:10.000Z', what: text },
  ])
})
