import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { labFolder } from '../servers/python.ts'

/** What a container's cpu.stat holds, once a second. */
export interface CpuStat {
  readonly timeMs: number
  readonly usage_usec: number
  readonly nr_periods: number
  readonly nr_throttled: number
  readonly throttled_usec: number
}

const PERIOD_MS = 100

/** Holds a process to a quota per period of 100 ms, as the kernel holds a container (lab/cpu_quota.py). Ends with it. */
export function holdCpuLimit(pid: number, cpus: number, onStat: (stat: CpuStat) => void): void {
  const child = spawn('python3', [join(labFolder, 'cpu_quota.py'), String(pid), String(cpus * PERIOD_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  createInterface({ input: child.stdout }).on('line', (line) => onStat(JSON.parse(line) as CpuStat))
}
