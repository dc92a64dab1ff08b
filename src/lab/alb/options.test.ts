import { expect, test } from 'vitest'
import { parseEndpoint } from './endpoint.ts'
import { parseMatcher, resolveOptions } from './options.ts'

const listen = [{ host: '127.0.0.1', port: 8080 }]

test("without options everything has AWS's default", () => {
  const options = resolveOptions({ listen })
  expect(options).toMatchObject({
    idleTimeoutSeconds: 60,
    connectTimeoutSeconds: 10,
    clientKeepAliveSeconds: 3600,
    deregistrationDelaySeconds: 300,
    algorithm: 'round_robin',
    slowStartSeconds: 0,
    logIntervalSeconds: 300,
    healthCheck: {
      path: '/',
      intervalSeconds: 30,
      timeoutSeconds: 5,
      healthyCount: 5,
      unhealthyCount: 2,
      matcher: '200',
    },
  })
  expect(options.nodeList.map(({ address }) => address)).toEqual(['10.0.1.10', '10.0.2.10'])
})

test('a bare name gets the same id in every run', () => {
  const first = resolveOptions({ listen, name: 'shop' })
  expect(first.loadBalancer).toMatch(/^app\/shop\/[0-9a-f]{16}$/)
  expect(first.targetGroupArn).toMatch(
    /^arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup\/shop\/[0-9a-f]{16}$/,
  )
  expect(resolveOptions({ listen, name: 'shop' }).loadBalancer).toBe(first.loadBalancer)
  expect(resolveOptions({ listen, name: 'app/shop/55d05b6572efdc9b' }).loadBalancer).toBe('app/shop/55d05b6572efdc9b')
})

test('node addresses, nodes and listeners must fit', () => {
  expect(() => resolveOptions({ listen, nodes: 3, nodeAddresses: ['127.0.0.2'] })).toThrow('give one per node')
  expect(() => resolveOptions({ listen: [...listen, ...listen, ...listen], nodes: 2 })).toThrow(
    'give one, or one per node',
  )
  expect(() => resolveOptions({ listen, nodeAddresses: ['node-1'] })).toThrow('not an IP address')
})

test('endpoints are addresses with a port', () => {
  expect(parseEndpoint('--target', 'localhost:8000')).toEqual({ host: '127.0.0.1', port: 8000 })
  expect(parseEndpoint('--target', '[::1]:8000')).toEqual({ host: '::1', port: 8000 })
  for (const bad of ['8000', '127.0.0.1', 'shop.example:80', '127.0.0.1:99999', ''])
    expect(() => parseEndpoint('--target', bad)).toThrow(`--target ${bad}: not ADDRESS:PORT`)
})

test('a matcher is a status, a list or a range', () => {
  expect(parseMatcher('200-399')(302)).toBe(true)
  expect(parseMatcher('200,204')(202)).toBe(false)
  expect(() => parseMatcher('2xx')).toThrow('--health-check-matcher 2xx')
})
