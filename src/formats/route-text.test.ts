import { describe, expect, test } from 'vitest'
import { looseRouteText, routeText } from './route-text.ts'

const routeOf = (path: string): string => routeText(Buffer.from(`GET https://www.shop.example:443${path} HTTP/1.1`))

describe('a route', () => {
  test.each([
    ['', 'GET /'],
    ['/?q=1', 'GET /'],
    ['/api/products/7', 'GET /api/products/*'],
    ['/api/cart/ff5b7', 'GET /api/cart/*'],
    ['/orders/0f8fad5b-d9cb-469f-a165-70867728950e/items/', 'GET /orders/*/items/'],
    ['/sessions/k3J9x2/x', 'GET /sessions/*/x'],
    [`/${'long'.repeat(11)}/x`, 'GET /*/x'],
  ])('has a star where %s names one thing of many', (path, text) => expect(routeOf(path)).toBe(text))

  test.each([
    ['/static/js/app.fe9f13.js', 'GET /static/js/app.*.js'],
    ['/static/css/main.3f2a1b9c.chunk.css', 'GET /static/css/main.*.chunk.css'],
    ['/files/0f8fad5b-d9cb-469f-a165-70867728950e.pdf', 'GET /files/*.pdf'],
    ['/exports/report.20261123.csv', 'GET /exports/report.*.csv'],
  ])('is one for all builds of a file: %s', (path, text) => expect(routeOf(path)).toBe(text))

  test.each(['/v2/items', '/e2e/health', '/b2b', '/lib/jquery.3.7.1.min.js', '/robots.txt', '/img/2x.png', '//a//b'])(
    'keeps %s as it is',
    (path) => expect(routeOf(path)).toBe(`GET ${path}`),
  )
})

test('letters only are a hash or an id to a loose look, never to a strict one', () => {
  const loose = (path: string): string =>
    looseRouteText(Buffer.from(`GET https://www.shop.example:443${path} HTTP/1.1`))
  for (const [path, text] of [
    ['/static/js/app.faecbd.js', 'GET /static/js/app.*.js'],
    ['/api/cart/abcde', 'GET /api/cart/*'],
    ['/api/face/dead-beef', 'GET /api/face/*'],
    ['/api/cart/60b2e', 'GET /api/cart/*'],
    ['/api/products', 'GET /api/products'],
    ['/a/--------/x', 'GET /a/--------/x'],
  ] as const)
    expect(loose(path)).toBe(text)
  expect(routeOf('/static/js/app.faecbd.js')).toBe('GET /static/js/app.faecbd.js')
})
