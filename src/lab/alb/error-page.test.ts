import { expect, test } from 'vitest'
import { errorPage } from './error-page.ts'

const curl = { method: 'GET', userAgent: 'curl/8.5.0' }
const chrome = { method: 'GET', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0 Safari/537.36' }
const head = { method: 'HEAD', userAgent: 'curl/8.5.0' }

test.each([
  [502, curl, true, 277],
  [502, curl, false, 272],
  [502, chrome, true, 679],
  [502, chrome, false, 674],
  [502, head, true, 155],
  [503, curl, true, 337],
  [503, curl, false, 332],
  [503, chrome, true, 739],
  [503, chrome, false, 734],
  [400, curl, false, 272],
  [400, head, false, 150],
])('a %i for %j is as long as published rows say', (elbStatus, request, isKeepAlive, sentBytes) => {
  expect(errorPage(elbStatus, request, isKeepAlive, Date.UTC(2026, 10, 23))).toHaveLength(sentBytes)
})

test('says that the load balancer wrote it', () => {
  const page = errorPage(504, curl, true, Date.UTC(2026, 10, 23)).toString()
  expect(page).toContain(
    'HTTP/1.1 504 Gateway Time-out\r\nServer: awselb/2.0\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\n',
  )
  expect(page).toContain('<center><h1>504 Gateway Time-out</h1></center>')
})
