import { expect, test } from 'vitest'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { renderMarkdown } from './markdown.ts'
import { redact } from './redact.ts'

test('the shop incident in Markdown, redacted', async () => {
  await expect(renderMarkdown(redact(shopDiagnosis, { on: true }))).toMatchFileSnapshot('../../fixtures/report/shop.md')
})

test('an interrupted run says so first', () => {
  expect(renderMarkdown({ ...shopDiagnosis, complete: false })).toMatch(/^\*\*Interrupted/)
})
