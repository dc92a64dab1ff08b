/** What the name of a delivered log file says. Never used to decide what a file holds: names change, content does not. */
export interface LogFileName {
  readonly log: 'access' | 'connection' | 'health-check'
  readonly account: string
  readonly region: string
  /** `app/NAME/ID`, `net/NAME/ID`, or the name of a Classic one. */
  readonly loadBalancer: string
  /** End of the interval, epoch ms: `20140215T2340Z` of a 5-minute file holds 23:35 to 23:40. */
  readonly endMs: number
  /** Address of the node; null for an NLB, whose names have none. */
  readonly node: string | null
  readonly random: string
}

const PREFIXES = { conn_log_: 'connection', health_check_log_: 'health-check' } as const

const NAME =
  /^(\d{12})_elasticloadbalancing_([a-z]{2}[a-z0-9-]+)_([A-Za-z0-9.-]+)_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z(?:_(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+))?_([A-Za-z0-9]+)\.log/

/**
 * `ACCOUNT_elasticloadbalancing_REGION_app.NAME.ID_END_NODE_RANDOM.log.gz`; null for any other name. AWS's sample pads
 * the node's address with zeros (`172.160.001.192`), real names do not.
 */
export function parseLogFileName(path: string): LogFileName | null {
  let name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  let log: LogFileName['log'] = 'access'
  for (const [prefix, kind] of Object.entries(PREFIXES))
    if (name.startsWith(prefix)) {
      log = kind
      name = name.slice(prefix.length)
    }
  const found = NAME.exec(name)
  if (!found) return null
  const [, account = '', region = '', id = '', year, month, day, hour, minute, node, random = ''] = found
  return {
    log,
    account,
    region,
    loadBalancer: id.replaceAll('.', '/'),
    endMs: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)),
    node:
      node === undefined ? null : node.replace(/\d+/g, (part) => (node.includes(':') ? part : String(Number(part)))),
    random,
  }
}
