/** The place of the first of `count` values, in rising order, that is `least` or more; `count` where none is. */
export function firstFrom(count: number, valueAt: (place: number) => number, least: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (valueAt(middle) < least) low = middle + 1
    else high = middle
  }
  return low
}
