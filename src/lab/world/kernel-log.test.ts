import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { KernelLog } from './kernel-log.ts'

it('prints ten lines in five seconds, and then how many it left out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-log-'))
  const file = join(folder, 'node-1.kernel.log')
  const log = new KernelLog(file, 'node-1')
  const start = Date.UTC(2026, 10, 3, 2, 19, 3)
  log.warn('nf_conntrack: nf_conntrack: table full, dropping packet', 13, start)
  log.warn('nf_conntrack: nf_conntrack: table full, dropping packet', 2, start + 4_000)
  log.warn('nf_conntrack: nf_conntrack: table full, dropping packet', 1, start + 6_000)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(12)
  expect(lines[0]).toBe('Nov  3 02:19:03 node-1 kernel: nf_conntrack: nf_conntrack: table full, dropping packet')
  expect(lines[10]).toBe('Nov  3 02:19:09 node-1 kernel: net_ratelimit: 5 callbacks suppressed')
  rmSync(folder, { recursive: true })
})
