import { appendFileSync } from 'node:fs'

/** One round of `while sleep 5; do date -Is; COMMAND; done >> FILE` on a node. */
export function appendSnapshot(file: string, lines: readonly string[]): void {
  const date = `${new Date().toISOString().slice(0, 19)}+00:00`
  appendFileSync(file, `${[date, ...lines].join('\n')}\n`)
}

/** What `ethtool -S ens5` prints of an EC2 instance, cut to the allowances: the lab's interfaces have no such counters. */
export function ethtoolLines(conntrackAllowanceExceeded: number): string[] {
  const counters = {
    bw_in_allowance_exceeded: 0,
    bw_out_allowance_exceeded: 0,
    pps_allowance_exceeded: 0,
    conntrack_allowance_exceeded: conntrackAllowanceExceeded,
    linklocal_allowance_exceeded: 0,
  }
  return ['NIC statistics:', ...Object.entries(counters).map(([name, value]) => `     ${name}: ${value}`)]
}

/** `/proc/net/stat/nf_conntrack`, which has a line per processor in hexadecimal, as `conntrack -S` prints it. */
export function conntrackLines(stat: string): string[] {
  const [head = '', ...rows] = stat.trim().split('\n')
  const names = head.trim().split(/\s+/)
  return rows.map((row, processor) => {
    const values = row.trim().split(/\s+/)
    const of = (name: string): number => Number.parseInt(values[names.indexOf(name)] ?? '0', 16)
    const shown = ['found', 'invalid', 'insert', 'insert_failed', 'drop', 'early_drop']
    const said = shown.map((name) => `${name}=${of(name)}`).join(' ')
    return `cpu=${processor}   \t${said} error=${of('icmp_error')} search_restart=${of('search_restart')}`
  })
}
