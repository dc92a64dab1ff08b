import { describe, expect, it } from 'vitest'
import { answerTo } from './name-server.ts'

const name = 'catalog.shop.svc.cluster.local'

function question(of: string, type = 1): Buffer {
  const labels = of.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const header = Buffer.from([0xab, 0xcd, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])])
}

describe('the cluster’s name server', () => {
  it('answers a Service’s name with its addresses, whatever its case', () => {
    const query = question('Catalog.shop.svc.cluster.local')
    const answer = answerTo(query, name, ['10.0.32.10', '10.0.33.11'])
    expect(answer?.subarray(0, 8)).toEqual(Buffer.from([0xab, 0xcd, 0x85, 0x00, 0, 1, 0, 2]))
    expect(answer?.subarray(query.length)).toEqual(
      Buffer.from([
        0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 32, 10, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 33, 11,
      ]),
    )
  })

  it('has no IPv6 address of it, and no other name', () => {
    expect(answerTo(question(name, 28), name, ['10.0.32.10'])?.readUInt16BE(6)).toBe(0)
    expect((answerTo(question('elsewhere.example'), name, ['10.0.32.10'])?.[3] ?? 0) & 15).toBe(3)
  })

  it('does not answer what is no question', () => {
    expect(answerTo(Buffer.alloc(5), name, [])).toBeUndefined()
    expect(answerTo(question(name).subarray(0, 20), name, [])).toBeUndefined()
  })
})
