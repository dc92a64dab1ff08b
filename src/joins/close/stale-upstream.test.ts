import { describe, expect, it } from 'vitest'
import { pod } from '../../testing/witness-cluster.ts'
import { type Failed, read, stamp, subjectsOf } from '../../testing/witness-shop.ts'
import { readDocument } from '../documents.ts'
import { joinTestimonies } from '../joined.ts'
import { closeByNginx } from './nginx.ts'

const failed: Failed[] = [30, 31, 32, 33].map((at) => ({
  request: `GET http://shop.example:80/cart/${at} HTTP/1.1`,
  startMs: at * 1000,
  endMs: at * 1000 + 5,
  symptom: 'target-answered',
  targetStatus: 502,
}))

function error(at: number, sentence: string, upstream: string): string {
  const time = stamp(at * 1000)
    .slice(0, 19)
    .replaceAll('-', '/')
    .replace('T', ' ')
  return `${time} [error] 7#7: *${at} ${sentence} while connecting to upstream, client: 10.0.1.11, server: , request: "GET /cart/${at} HTTP/1.1", upstream: "http://${upstream}/cart/${at}", host: "shop.example"`
}

const refused = 'connect() failed (111: Connection refused)'
const lines = [
  error(30, refused, '10.2.0.9:8000'),
  error(31, 'no live upstreams', 'app'),
  error(32, 'connect() failed (113: No route to host)', '10.2.0.9:8000'),
]

/** The proxy is 10.2.0.5. */
function causes(pods: readonly unknown[], log = lines, healthyUntil = 29): string[] {
  const subjects = subjectsOf(failed, healthyUntil)
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods })
  const joined = joinTestimonies(subjects, [
    read('nginx.error.log', subjects, log),
    readDocument('pods.json', 'kubernetes', text, subjects),
  ])
  const closings = closeByNginx(joined, [0, 1, 2, 3])
  return [0, 1, 2, 3].map((n) => {
    const closing = closings.find(({ failure }) => failure === n)
    return closing === undefined ? '-' : `${closing.confidence} ${closing.cause}`
  })
}

const proxy = pod('gateway-1', '10.0.16.11', { ip: '10.2.0.5' })
const stale = 'likely upstream-dns-stale-or-failed'

describe('an address of nginx that no pod has', () => {
  it('is an outdated one, where other pods were ready; what the same nginx answers between is no other story', () => {
    expect(causes([proxy, pod('cart-2', '10.0.16.12', { ip: '10.2.0.10' })])).toEqual([stale, stale, stale, stale])
  })

  it('says nothing where a pod has it, nobody could be asked, or it is of another network', () => {
    const dead = [
      'likely nginx-upstream-refused',
      'likely nginx-no-live-upstreams',
      'likely nginx-upstream-refused',
      '-',
    ]
    expect(causes([proxy, pod('cart-1', '10.0.16.12', { ip: '10.2.0.9' })])).toEqual(dead)
    expect(causes([proxy])).toEqual(dead)
    expect(causes([proxy, pod('cart-2', '10.0.16.12', { ip: '10.2.0.10', readySince: 40 })])).toEqual(dead)
    expect(causes([proxy, pod('cart-2', '10.0.16.12', { ip: '172.16.0.10' })])).toEqual(dead)
  })

  it('may have been a pod that was replaced later, one of a network of other machines, or of nobody who is listed', () => {
    const dead = [
      'likely nginx-upstream-refused',
      'likely nginx-no-live-upstreams',
      'likely nginx-upstream-refused',
      '-',
    ]
    const cart = pod('cart-2', '10.0.16.12', { ip: '10.2.0.10' })
    expect(causes([proxy, cart, pod('cart-3', '10.0.16.12', { ip: '10.2.0.11', readySince: 90 })])).toEqual(dead)
    expect(causes([pod('gateway-1', '10.2.0.250', { ip: '10.2.0.5' }), cart])).toEqual(dead)
    expect(causes([proxy, pod('gateway-2', '10.0.16.12', { ip: '10.2.0.10' })])).toEqual(dead)
  })

  it('says nothing of what came after the proxy had answered again', () => {
    const log = [error(30, refused, '10.2.0.9:8000'), error(33, 'no live upstreams', 'app')]
    const pods = [proxy, pod('cart-2', '10.0.16.12', { ip: '10.2.0.10' })]
    expect(causes(pods, log, 60)[3]).toBe('likely nginx-no-live-upstreams')
  })
})
