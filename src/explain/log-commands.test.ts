import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogRequest, logCommands } from './log-commands.ts'
import { byFolder, endStamps, stampPatterns } from './log-hours.ts'

const at = (text: string): number => Date.parse(text)
const request: LogRequest = {
  kind: 'alb',
  name: 'shop',
  id: null,
  bucket: 'shop-logs',
  prefix: null,
  account: '123456789012',
  region: 'eu-west-1',
  sinceMs: at('2026-11-23T02:00:00Z'),
  untilMs: at('2026-11-23T03:30:00Z'),
  folder: './logs',
}
const includes = (script: string): string[] =>
  [...script.matchAll(/--include '([^']*)'/g)].map((found) => found[1] ?? '')

describe('which files hold which minutes', () => {
  test('02:00 to 03:00 is in the files that end from 02:05 to 03:00', () => {
    const stamps = endStamps(at('2026-11-23T02:00:00Z'), at('2026-11-23T03:00:00Z'), 5)
    expect(stamps).toHaveLength(12)
    expect(stampPatterns(stamps, 5)).toEqual([
      '20261123T0205Z*',
      '20261123T021*',
      '20261123T022*',
      '20261123T023*',
      '20261123T024*',
      '20261123T025*',
      '20261123T0300Z*',
    ])
  })

  test('whole hours and whole days are one pattern each', () => {
    const stamps = endStamps(at('2026-11-21T23:55:00Z'), at('2026-11-23T02:00:00Z'), 5)
    expect(stampPatterns(stamps, 5)).toEqual(['20261122T*', '20261123T00*', '20261123T01*', '20261123T0200Z*'])
  })

  test('Classic writes one file an hour', () => {
    const stamps = endStamps(at('2026-11-23T02:10:00Z'), at('2026-11-23T03:10:00Z'), 60)
    expect(stampPatterns(stamps, 60)).toEqual(['20261123T03*', '20261123T04*'])
  })

  test('what ends shortly before midnight may lie in the folder of the next day', () => {
    const folders = byFolder(endStamps(at('2026-11-23T22:00:00Z'), at('2026-11-24T00:00:00Z'), 5))
    expect([...folders.keys()]).toEqual(['2026/11/23', '2026/11/24'])
    expect(stampPatterns(folders.get('2026/11/24') ?? [], 5)).toEqual([
      '20261123T233*',
      '20261123T234*',
      '20261123T235*',
      '20261124T0000Z*',
    ])
  })

  test('any window: the patterns match exactly the files that may hold its rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.constantFrom(5 as const, 60 as const),
        (start, minutes, interval) => {
          const sinceMs = at('2026-11-20T00:00:00Z') + start * 1000
          const untilMs = sinceMs + minutes * 60_000
          const patterns = stampPatterns(endStamps(sinceMs, untilMs, interval), interval).map((pattern) =>
            pattern.slice(0, -1),
          )
          const step = interval * 60_000
          const first = Math.floor(sinceMs / step) * step - 3 * step
          for (let end = first; end < untilMs + 4 * step; end += step) {
            const holds = end > sinceMs && end - step < untilMs
            const stamp = `${new Date(end).toISOString().replace(/[-:]/g, '').slice(0, 13)}Z`
            expect(patterns.some((pattern) => stamp.startsWith(pattern))).toBe(holds)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('the script', () => {
  test('downloads from the right folder, the right load balancer, the right hours', () => {
    const script = logCommands(request)
    expect(script).toContain(
      'aws s3 sync s3://shop-logs/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/11/23/',
    )
    expect(includes(script)[0]).toBe('*_app.shop.*_20261123T0205Z*')
    expect(includes(script).at(-1)).toBe('*_app.shop.*_20261123T0330Z*')
    expect(script.indexOf("--exclude '*'")).toBeLessThan(script.indexOf('--include'))
    expect(script).toContain('why5xx ./logs --since 2026-11-23T02:00:00Z --until 2026-11-23T03:30:00Z')
  })

  test('a known id and a prefix make it exact', () => {
    const script = logCommands({ ...request, id: '7e13d860e39e867e', prefix: 'alb' })
    expect(includes(script)[0]).toBe('*_app.shop.7e13d860e39e867e_20261123T0205Z*')
    expect(script).toContain('s3://shop-logs/alb/AWSLogs/123456789012/')
    expect(script).toContain('arn:aws:s3:::shop-logs/alb/AWSLogs/123456789012/*')
    expect(script).toContain('Key=access_logs.s3.prefix,Value=alb')
  })

  test('the policy names the log delivery service, in the partition of the region', () => {
    const policyOf = (region: string): unknown => {
      const found = /<<'END'\n([\s\S]*?)\nEND/.exec(logCommands({ ...request, region }))
      return JSON.parse(found?.[1] ?? '')
    }
    expect(policyOf('eu-west-1')).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::shop-logs/AWSLogs/123456789012/*',
        },
      ],
    })
    expect(policyOf('us-gov-west-1')).toMatchObject({
      Statement: [{ Resource: expect.stringMatching(/^arn:aws-us-gov:/) }],
    })
    expect(policyOf('cn-north-1')).toMatchObject({ Statement: [{ Resource: expect.stringMatching(/^arn:aws-cn:/) }] })
    expect(logCommands(request)).toContain('156460612806')
  })

  test('what changes something is in a function that pasting does not run', () => {
    for (const kind of ['alb', 'classic'] as const) {
      const script = logCommands({ ...request, kind })
      const inside = script.slice(
        script.indexOf('switch_logs_on() {'),
        script.indexOf('\n}\n', script.indexOf('put-bucket-policy')),
      )
      const outside = script.replace(inside, '')
      for (const change of ['put-bucket-policy', 'modify-load-balancer-attributes', 's3 mb']) {
        expect(inside).toContain(change)
        expect(outside).not.toContain(change)
      }
    }
  })

  test('what is not known stands in capitals', () => {
    const script = logCommands({ ...request, bucket: null, account: null, region: null })
    expect(script).toContain('s3://BUCKET/AWSLogs/ACCOUNT/elasticloadbalancing/REGION/2026/11/23/')
  })
})
