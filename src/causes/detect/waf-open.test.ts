import { expect, it } from 'vitest'
import { diagnoseMade } from '../../testing/diagnose-made.ts'
import { ruleCause } from './row-decided.ts'

it('WAF is not blamed for a request that it let through by failing open', async () => {
  expect(ruleCause(false, 'WAFConnectionError', 'waf-failed')).toMatch(/^waf-error/)
  expect(ruleCause(false, 'WAFConnectionError', 'waf-failed,forward')).toBeUndefined()
  const diagnosis = await diagnoseMade((log) => {
    for (let n = 0; n < 200; n++)
      log.add({
        atMs: n * 100,
        node: 0,
        target: '10.0.32.10:8000',
        path: '/api',
        actions: 'waf-failed,forward',
        ...(n % 20 === 0
          ? { elbStatus: 502, elapsedMs: 5, errorReason: 'WAFConnectionError' }
          : { elbStatus: 200, targetStatus: 200, elapsedMs: 5 }),
      })
  })
  expect(diagnosis.symptoms).toMatchObject([{ symptom: 'rule-answered', failures: 10 }])
  expect(diagnosis.findings).toMatchObject([{ cause: null, symptom: 'rule-answered', failures: 10 }])
})
