import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLogFileName } from './log-file-name.ts'

describe('parseLogFileName', () => {
  test('an ALB access log, with its folders', () => {
    expect(
      parseLogFileName(
        's3/AWSLogs/123456789012/elasticloadbalancing/us-east-1/2023/02/07/123456789012_elasticloadbalancing_us-east-1_app.shop-alb.c051f98624e68d7e_20230207T0135Z_172.71.1.176_jm0mfogh.log.gz',
      ),
    ).toEqual({
      log: 'access',
      account: '123456789012',
      region: 'us-east-1',
      loadBalancer: 'app/shop-alb/c051f98624e68d7e',
      endMs: Date.UTC(2023, 1, 7, 1, 35),
      node: '172.71.1.176',
      random: 'jm0mfogh',
    })
  })

  test("zeros in the node's address are AWS's padding", () => {
    const name =
      '123456789012_elasticloadbalancing_us-east-2_app.my-loadbalancer.1234567890abcdef_20140215T2340Z_172.160.001.192_20sg8hgm.log.gz'
    expect(parseLogFileName(name)?.node).toBe('172.160.1.192')
  })

  test('connection logs, health check logs, NLB and Classic', () => {
    const tail = 'us-gov-west-1_app.shop.1234567890abcdef_20261123T0220Z_10.28.0.11_c548baee.log.gz'
    expect(parseLogFileName(`conn_log_123456789012_elasticloadbalancing_${tail}`)).toMatchObject({
      log: 'connection',
      region: 'us-gov-west-1',
    })
    expect(parseLogFileName(`health_check_log_123456789012_elasticloadbalancing_${tail}`)).toMatchObject({
      log: 'health-check',
    })
    expect(
      parseLogFileName(
        '123456789012_elasticloadbalancing_us-east-2_net.my-network-loadbalancer.1234567890abcdef_20200511T0000Z_20sg8hgm.log.gz',
      ),
    ).toMatchObject({ loadBalancer: 'net/my-network-loadbalancer/1234567890abcdef', node: null })
    expect(
      parseLogFileName(
        '123456789012_elasticloadbalancing_us-west-2_my-loadbalancer_20140215T2340Z_172.160.001.192_20sg8hgm.log',
      ),
    ).toMatchObject({ loadBalancer: 'my-loadbalancer', node: '172.160.1.192' })
  })

  test.each(['app.log', '', 'x_elasticloadbalancing_y.log', 'ELBAccessLogTestFile', '/a/b/'])(
    '%s is no such name',
    (name) => {
      expect(parseLogFileName(name)).toBeNull()
    },
  )

  test('any text: no throw', () => {
    fc.assert(fc.property(fc.string(), (name) => void parseLogFileName(name)))
  })
})
