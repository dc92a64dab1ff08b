import { expect, test } from 'vitest'
import { detailTexts, LARGEST_DETAIL_BYTES, MOST_LABELS, RowDetails, type RowLabels } from './row-details.ts'

const labels: RowLabels = {
  hasTargetGroup: true,
  actions: 'forward',
  errorReason: undefined,
  targetStatusList: undefined,
  classificationReason: undefined,
}

function makeDetails(rows = 8): RowDetails {
  return new RowDetails({
    row: new Int32Array(rows),
    labels: new Int32Array(rows),
    ends: new Int32Array(rows * detailTexts.length),
    bytes: new Uint8Array(LARGEST_DETAIL_BYTES * 2),
  })
}

const textsOf = (n: number) => ({
  text: `row ${n} é`,
  client: n % 2 === 0 ? `198.18.0.${n}:443` : undefined,
  request: '',
  userAgent: 'curl/8.5.0'.repeat(n),
  traceId: `Root=1-${n}`,
})

function plain(details: RowDetails): unknown[] {
  return Array.from({ length: details.length }, (_, n) => [
    details.rowOf(n),
    details.labelsOf(n),
    ...detailTexts.map((name) => details.textOf(n, name)),
  ])
}

test('texts come back; what is absent or empty is undefined', () => {
  const details = makeDetails()
  details.add(4, details.idOf(labels), textsOf(1))
  expect(plain(details)).toEqual([[4, labels, 'row 1 é', undefined, undefined, 'curl/8.5.0', 'Root=1-1']])
  expect(details.lengthOf(0, 'text')).toBe(8)
  expect(details.bytesOf(0, 'text', 'traceId')).toHaveLength(8 + 10 + 8)
})

test('what is kept of a batch is the same as if the rest had never been there', () => {
  for (const kept of [[], [0], [5], [1, 2], [0, 2, 5], [0, 1, 2, 3, 4, 5]]) {
    const [details, expected] = [makeDetails(), makeDetails()]
    for (let n = 0; n < 6; n++) details.add(10 * n, details.idOf({ ...labels, errorReason: `R${n}` }), textsOf(n))
    details.retain(new Map(kept.map((n, to) => [10 * n, to])))
    for (const [to, n] of kept.entries())
      expected.add(to, expected.idOf({ ...labels, errorReason: `R${n}` }), textsOf(n))
    expect(plain(details)).toEqual(plain(expected))
  }
})

test('a text is cut where the longest ends, and the longest of all have room', () => {
  const details = makeDetails()
  const long = '€'.repeat(10_000)
  details.add(0, details.idOf(labels), { text: long, client: long, request: long, userAgent: long, traceId: long })
  expect(detailTexts.map((name) => details.textOf(0, name)?.length)).toEqual([4_000, 500, 500, 500, 7_000])
  expect(details.bytesOf(0, 'text', 'traceId')).toHaveLength(LARGEST_DETAIL_BYTES)
})

test('codes that say the same are one; when there are too many, later ones live as long as their batch', () => {
  const details = makeDetails()
  expect(details.idOf({ ...labels })).toBe(details.idOf(labels))
  const idOf = (n: number): number => details.idOf({ ...labels, errorReason: `Reason${n}` })
  for (let n = 0; n < MOST_LABELS + 5; n++) idOf(n)
  const late = idOf(MOST_LABELS + 5)
  details.add(0, late, textsOf(0))
  expect(details.labelsOf(0).errorReason).toBe(`Reason${MOST_LABELS + 5}`)
  details.clear()
  expect(idOf(0)).toBe(1)
  expect(idOf(MOST_LABELS + 7)).toBe(MOST_LABELS)
})

test('absent and `-` are two things for actions', () => {
  const details = makeDetails()
  expect(details.idOf({ ...labels, actions: undefined })).not.toBe(details.idOf({ ...labels, actions: '' }))
})
