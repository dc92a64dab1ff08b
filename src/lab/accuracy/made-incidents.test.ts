import { describe, expect, it } from 'vitest'
import { causeById } from '../../causes/index.ts'
import { MadeConnections } from './made-connections.ts'
import { draws } from './made-draws.ts'
import { madeCases } from './made-incidents.ts'

const small = [...madeCases, ...draws].filter((made) => !made.isLarge)

describe('incidents that are made up', () => {
  it.each(small)('$id is the same for the same seed, and another for another', ({ make }) => {
    const one = make(4)
    expect([...make(4).files]).toEqual([...one.files])
    expect([...make(5).files.values()].join('')).not.toBe([...one.files.values()].join(''))
  })

  it.each(small)('$id has a truth of known causes for every failure, and a row for every request', ({ make }) => {
    const { files, truth, requests } = make(4)
    const rows = [...files.values()].flatMap((text) => text.trimEnd().split('\n'))
    expect(rows).toHaveLength(requests)
    const failed = rows.filter((row) => /^http \S+ \S+ \S+ \S+ \S+ \S+ \S+ (?:5\d\d|460) /.test(row))
    expect(failed).toHaveLength(truth.length)
    for (const { causes, symptom } of truth) {
      expect(symptom).not.toBe('unclassified')
      expect(causes.length).toBeGreaterThan(0)
      for (const cause of causes) expect(causeById.has(cause)).toBe(true)
    }
  })
})

describe('connections that the target closes', () => {
  it('race only around the keep-alive time, and are new after it', () => {
    const pool = new MadeConnections(5_000, 20, 'newest')
    expect(pool.send(0, 100)).toBe('answered')
    expect(pool.send(5_000, 100)).toBe('answered')
    expect(pool.send(10_101, 100)).toBe('raced')
    expect(pool.send(10_102, 100)).toBe('answered')
    expect(pool.send(20_000, 100)).toBe('answered')
  })
})
