import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MadeLog } from '../lab/accuracy/made-log.ts'
import { diagnoseMade } from '../testing/diagnose-made.ts'
import { diagnose } from './diagnose.ts'
import type { OtherSetting } from './infer-others.ts'

const old = ['10.0.32.10:8000', '10.0.33.10:8000']
const young = ['10.0.32.11:8000', '10.0.33.11:8000']

/** Ten minutes, five requests a second, answered in 20 ms by one of the targets that `of` names. */
function traffic(log: MadeLog, of: (atMs: number) => readonly string[]): void {
  for (let n = 0; n < 3_000; n++) {
    const atMs = n * 200
    const targets = of(atMs)
    const target = targets[n % targets.length]
    log.add({ atMs, node: n % 2, target, path: `/api/${n}`, elbStatus: 200, targetStatus: 200, elapsedMs: 20 })
  }
}

async function othersOf(write: (log: MadeLog) => void): Promise<readonly OtherSetting[]> {
  return (await diagnoseMade(write)).settings.byTargetGroup[0]?.others ?? []
}

describe('rollouts', () => {
  it('are read from targets that end while others begin', async () => {
    const others = await othersOf((log) => traffic(log, (atMs) => (atMs < 300_000 ? old : young)))
    expect(others).toMatchObject([{ name: 'rollout', value: expect.stringMatching(/^2026-11-23T10:0(4:59|5:00)/) }])
  })

  it('are not read from the nodes of a NodePort', async () => {
    const nodes = (names: readonly string[]): string[] => names.map((name) => name.replace('8000', '30080'))
    expect(await othersOf((log) => traffic(log, (atMs) => nodes(atMs < 300_000 ? old : young)))).toEqual([])
  })

  it('are not read from targets that are asked seldom', async () => {
    const others = await othersOf((log) => {
      for (let n = 0; n < 12; n++)
        for (const [at, target] of [...old, ...young].entries())
          log.add({
            atMs: n * 50_000 + at * 12_000,
            node: 0,
            target,
            path: '/api',
            elbStatus: 200,
            targetStatus: 200,
            elapsedMs: 20,
          })
    })
    expect(others).toEqual([])
  })
})

describe('a failing target', () => {
  it('is used until its health checks have failed', async () => {
    const [dead = '', alive = ''] = old
    const others = await othersOf((log) => {
      traffic(log, (atMs) => (atMs < 300_000 ? old : [alive]))
      for (let n = 0; n <= 10; n++)
        log.add({
          atMs: 300_500 + n * 2_000,
          node: 0,
          target: dead,
          path: '/api',
          elbStatus: 502,
          elapsedMs: 1,
          isConnectFailure: true,
        })
    })
    expect(others).toContainEqual(expect.objectContaining({ name: 'a failing target is used for', value: 20 }))
  })
})

describe('checks and probes', () => {
  it('have the interval that the witnesses show', async () => {
    const log = new MadeLog(1, 'shop')
    traffic(log, () => old)
    const { files } = log.finish()
    const folder = mkdtempSync(join(tmpdir(), 'why5xx-made-'))
    const at = (ms: number): string => new Date(log.startMs + ms).toISOString()
    const checks: string[] = []
    const app: string[] = []
    for (let n = 0; n < 40; n++) {
      for (const [node, address] of ['10.0.1.11', '10.0.2.12'].entries())
        for (const target of old)
          checks.push(`http ${at(n * 15_000 + node * 4_000)} 0.001 ${target} shop PASS 200 - app/shop/1 ${address}`)
      app.push(`${at(n * 5_000)} [shop-1] INFO:     10.0.0.9:41000 - "GET /healthz HTTP/1.1" 200 OK`)
    }
    for (let n = 0; n < 3_000; n++)
      app.push(`${at(n * 200 + 20)} [shop-1] INFO:     10.0.1.11:42000 - "GET /api/${n} HTTP/1.1" 200 OK`)
    try {
      for (const [name, text] of files) writeFileSync(join(folder, name), text)
      writeFileSync(join(folder, 'checks.log'), `${checks.join('\n')}\n`)
      writeFileSync(join(folder, 'app.log'), `${app.sort().join('\n')}\n`)
      const { diagnosis } = await diagnose({ paths: [folder], jobs: 0, version: '0' })
      expect(diagnosis.settings.byTargetGroup[0]?.others).toMatchObject([
        { name: 'probe of /healthz', value: 5, unit: 's' },
        { name: 'health check interval', value: 15, unit: 's' },
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
