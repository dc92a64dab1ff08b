import { expect, it } from 'vitest'
import type { MadeLog } from '../lab/accuracy/made-log.ts'
import { diagnoseMade } from '../testing/diagnose-made.ts'

const unanswered = (log: MadeLog, times: number): void => {
  for (let n = 0; n < 200; n++)
    log.add({
      atMs: n * 500,
      node: n % 2,
      target: '10.0.32.10:8000',
      path: '/',
      ...(n < times
        ? { elbStatus: 504, elapsedMs: 10_000 + 8 * log.random.next(), isConnectFailure: true }
        : { elbStatus: 200, targetStatus: 200, elapsedMs: 12 }),
    })
}

it('the connect timeout is read from connections that were never answered', async () => {
  const { settings } = await diagnoseMade((log) => unanswered(log, 12))
  expect(settings.byLoadBalancer[0]?.connectTimeoutSeconds).toMatchObject({ value: 10, source: 'inferred' })
  expect(settings.byLoadBalancer[0]?.connectTimeoutSeconds.because).toMatch(/^12 of 12 .* 10\.00 to 10\.01 s$/)
})

it('two of them are no evidence', async () => {
  const { settings } = await diagnoseMade((log) => unanswered(log, 2))
  expect(settings.byLoadBalancer[0]?.connectTimeoutSeconds).toMatchObject({ value: 10, source: 'default' })
})
