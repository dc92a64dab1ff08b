import { expect, test } from 'vitest'
import { detectWitness } from './detect-witness.ts'
import { readPrometheus } from './prometheus.ts'

const answer = {
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'up', pod: 'shop-1' },
        values: [
          [1_795_000_000, '1'],
          [1_795_000_015.5, 'NaN'],
        ],
      },
      { metric: { pod: 'shop-1' }, values: [[1_795_000_000, '0.25']] },
    ],
  },
}

test('a range query keeps its counters with labels, and says what has no name', () => {
  expect(readPrometheus([answer])).toEqual({
    series: [{ name: 'up', labels: { pod: 'shop-1' }, points: [[1_795_000_000_000, 1]] }],
    nameless: 1,
  })
})

test('it is told by its result type', () => {
  expect(detectWitness(new TextEncoder().encode(JSON.stringify(answer)))).toMatchObject({ format: 'prometheus' })
})

test('anything else reads as nothing', () => {
  expect(readPrometheus([null, 3, [], { data: 'x' }, { data: { result: [{ values: 'no' }] } }])).toEqual({
    series: [],
    nameless: 1,
  })
})
