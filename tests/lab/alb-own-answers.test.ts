// What the load balancer answers by its own rules, and by services it depends on.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Endpoint } from '../../src/lab/alb/endpoint.ts'
import { type LoadBalancerOptions, startLoadBalancer } from '../../src/lab/alb/load-balancer.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function serve(listener: RequestListener): Promise<Endpoint> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

interface Answer {
  readonly status: number
  readonly location: string
  readonly cookie: string
}

interface Lab {
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** elb status, target status, ARN, actions, error reason. */
  rows(): Promise<string[]>
  metric(name: string): number
  /** Heads that the target had, X-Forwarded-For only. */
  readonly forwarded: (string | undefined)[]
}

async function startLab(options: Partial<LoadBalancerOptions>): Promise<Lab> {
  const forwarded: (string | undefined)[] = []
  const target = await serve((incoming, response) => {
    forwarded.push(incoming.headers['x-forwarded-for'] as string | undefined)
    setTimeout(() => response.end('hello'), incoming.url === '/slow' ? 300 : 0)
  })
  const logDir = mkdtempSync(join(tmpdir(), 'alb-own-'))
  const balancer = await startLoadBalancer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    targets: [target],
    nodes: 1,
    healthCheck: false,
    logDir,
    targetGroup: 'shop',
    ...options,
  })
  cleanUps.push(
    () => rmSync(logDir, { recursive: true }),
    () => balancer.close(),
  )
  const port = balancer.listening[0]?.port ?? 0
  return {
    forwarded,
    ask: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
          response.resume()
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              location: response.headers.location ?? '',
              cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
            }),
          )
        })
        outgoing.on('error', reject)
        outgoing.end()
      }),
    rows: async () => {
      await balancer.flush()
      return readdirSync(logDir)
        .flatMap((name) =>
          gunzipSync(readFileSync(join(logDir, name)))
            .toString()
            .trim()
            .split('\n'),
        )
        .map((line) => {
          const fields = line.match(/"[^"]*"|\S+/g) ?? []
          const arn = fields[16] === '-' ? '-' : 'ARN'
          return [fields[8], fields[9], arn, fields[22], fields[24]].join(' ').replaceAll('"', '')
        })
    },
    metric: (name) => {
      const { MetricDataResults } = JSON.parse(balancer.metricData()) as {
        MetricDataResults: { Label: string; Values: number[] }[]
      }
      const found = MetricDataResults.find(({ Label }) => Label === name)
      return (found?.Values ?? []).reduce((sum, value) => sum + value, 0)
    },
  }
}

test.each([
  ['append', '192.0.2.1, 127.0.0.1'],
  ['preserve', '192.0.2.1'],
  ['remove', undefined],
] as const)('X-Forwarded-For, mode %s', async (xffMode, expected) => {
  const lab = await startLab({ xffMode })
  await lab.ask('/', { 'x-forwarded-for': '192.0.2.1' })
  expect(lab.forwarded).toEqual([expected])
  const many = Array(31).fill('192.0.2.1').join(', ')
  expect((await lab.ask('/', { 'x-forwarded-for': many })).status).toBe(463)
})

test('HTTP/1.1 for a gRPC group is 464, and other paths go on', async () => {
  const lab = await startLab({ protocolVersions: [{ pathGlob: '/cart/*', version: 'GRPC' }] })
  expect((await lab.ask('/cart/1')).status).toBe(464)
  expect((await lab.ask('/')).status).toBe(200)
  expect(await lab.rows()).toEqual(['464 - ARN forward -', '200 200 ARN forward -'])
})

test('a web ACL blocks, fails, and fails open', async () => {
  const endpoint = await serve((incoming, response) => {
    let text = ''
    incoming.on('data', (chunk) => {
      text += String(chunk)
    })
    incoming.on('end', () => {
      if (text.includes('/hang')) return
      response.statusCode = text.includes('/wp-') ? 403 : text.includes('/broken') ? 503 : 200
      response.end()
    })
  })
  const closed = await startLab({ waf: { endpoint, isFailOpen: false } })
  for (const path of ['/', '/wp-login.php', '/broken', '/hang']) await closed.ask(path)
  expect(await closed.rows()).toEqual([
    '200 200 ARN waf,forward -',
    '403 - - waf -',
    '500 - - waf-failed WAFServiceError',
    '500 - - waf-failed WAFResponseReadTimeout',
  ])
  const gone = { host: '127.0.0.1', port: 1 }
  const open = await startLab({ waf: { endpoint: gone, isFailOpen: true } })
  expect((await open.ask('/')).status).toBe(200)
  expect(await open.rows()).toEqual(['200 200 ARN waf-failed,forward WAFConnectionError'])
})

test('users log in with an identity provider, and what can fail there has its reason', async () => {
  let tokenStatus = 200
  const provider = await serve((incoming, response) => {
    if (incoming.url === '/token') response.statusCode = tokenStatus
    response.end(incoming.url === '/token' ? '{"access_token":"t"}' : '{"sub":"customer"}')
  })
  const lab = await startLab({ oidc: { pathGlob: '/account/*', provider } })
  const stateOf = ({ location }: Answer): string => new URL(location).searchParams.get('state') ?? ''
  const first = await lab.ask('/account/1')
  expect(first).toMatchObject({ status: 302, cookie: '' })
  const back = await lab.ask(`/oauth2/idpresponse?code=c&state=${stateOf(first)}`)
  expect(back).toMatchObject({ status: 302, location: '/account/1' })
  expect((await lab.ask('/account/1', { cookie: back.cookie })).status).toBe(200)
  expect((await lab.ask('/')).status).toBe(200)
  tokenStatus = 400
  await lab.ask(`/oauth2/idpresponse?code=c&state=${stateOf(await lab.ask('/account/2'))}`)
  await lab.ask('/oauth2/idpresponse?code=c&state=unknown')
  await lab.ask(`/oauth2/idpresponse?error=access_denied&state=${stateOf(await lab.ask('/account/3'))}`)
  expect(await lab.rows()).toEqual([
    '302 - - authenticate -',
    '302 - - authenticate -',
    '200 200 ARN authenticate,forward -',
    '200 200 ARN forward -',
    '302 - - authenticate -',
    '500 - - authenticate AuthTokenEpRequestFailed',
    '401 - - authenticate AuthInvalidStateParam',
    '302 - - authenticate -',
    '561 - - authenticate -',
  ])
  expect([lab.metric('ELBAuthSuccess'), lab.metric('ELBAuthError'), lab.metric('ELBAuthFailure')]).toEqual([1, 1, 2])
})

test('a node at its limit tells some 503 and resets the rest, until it has grown', async () => {
  const lab = await startLab({ capacity: { connections: 2, scaleAfterSeconds: 0.4 } })
  const wave = async (): Promise<string[]> =>
    Promise.all(
      Array.from({ length: 4 }, () =>
        lab.ask('/slow').then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => error.code ?? 'error',
        ),
      ),
    )
  expect((await wave()).sort()).toEqual(['200', '200', '503', 'ECONNRESET'])
  expect(lab.metric('RejectedConnectionCount')).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await wave()).toEqual(['200', '200', '200', '200'])
  expect((await lab.rows()).filter((row) => row.startsWith('503'))).toEqual(['503 - - - -'])
})
