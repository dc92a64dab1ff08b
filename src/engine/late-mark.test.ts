import { expect, it } from 'vitest'
import { LateMark } from './late-mark.ts'

it('a mark that another thread reads is never earlier than it was set', () => {
  const mark = new LateMark()
  const other = new LateMark(mark.memory)
  expect(other.get()).toBe(Number.POSITIVE_INFINITY)
  mark.set(1_763_863_200_001.5)
  expect(other.get()).toBe(1_763_863_201_000)
  mark.set(1_763_863_200_000)
  expect(other.get()).toBe(1_763_863_200_000)
  mark.set(Number.NEGATIVE_INFINITY)
  expect(other.get()).toBe(0)
})
