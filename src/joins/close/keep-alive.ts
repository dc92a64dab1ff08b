import type { ClaimLike } from '../apply-witnesses.ts'
import type { Joined } from '../joined.ts'
import { targetOf } from '../subjects.ts'

const CAUSE = 'keepalive-shorter-than-idle-timeout'

/** `uvicorn --timeout-keep-alive 5`, `gunicorn --keep-alive=2`. */
const KEEP_ALIVE = /\s--(?:timeout-)?keep-?alive[\s=](\d+(?:\.\d+)?)/i
/** What cannot be read from here may set another. */
const MAY_SET_KEEP_ALIVE = /keep[-_]?alive|\s(-c|--config)[\s=]/i
/** Servers that look for idle connections now and then close them a little later. */
const SWEEP_SECONDS = 0.35
const SERVERS = ['uvicorn', 'gunicorn', 'hypercorn', 'node', 'puma'] as const

/**
 * Traffic that repeats with a server's keep-alive hides the race: failures come at that lag, and so do most answers. Once
 * witnesses have ruled out everything else, and show that it is that very server and nothing before it, one cause is left.
 */
export function keepAliveByDefault(
  claim: ClaimLike,
  left: readonly string[],
  joined: Joined,
  failures: readonly number[],
): { readonly cause: string; readonly because: string; readonly numbers: ClaimLike['numbers'] } | undefined {
  const { suspectedKeepAliveSeconds: lag, servers = [] } = claim.numbers
  if (lag === undefined || left.length !== 1 || left[0] !== CAUSE) return undefined
  // A proxy in between has timers of its own.
  if (joined.testimonies.some((each) => each.role === 'proxy' && each.kinship !== 'other')) return undefined
  const server = serverBehind(joined, failures, lag)
  if (server === undefined) return undefined
  const isDefault = servers.some((id) => id === server.name || id.startsWith(`${server.name}-`))
  if (!server.isSet && !isDefault) return undefined
  return {
    cause: CAUSE,
    because: `the witnesses show that ${server.name} answers here, with no proxy before it, and that nothing started, stopped or reloaded; ${server.isSet ? 'it is set to close' : 'by default it closes'} connections that were idle as long as these (${lag.toFixed(1)} s), and what was lost never reached it`,
    numbers: { keepAliveSeconds: lag, servers },
  }
}

/** The one server that the app's log and the pods' commands name; none when a command sets another keep-alive, or may. */
function serverBehind(
  joined: Joined,
  failures: readonly number[],
  lag: number,
): { readonly name: string; readonly isSet: boolean } | undefined {
  const hosts = new Set(failures.map((failure) => hostOf(targetOf(joined.subjects, failure))))
  const isBehind = joined.pods.filter((pod) => pod.addresses.some((address) => hosts.has(address)))
  const pods = isBehind.length > 0 ? isBehind : joined.pods
  const named = new Set<string>()
  let isSet = false
  for (const { commands = [] } of pods) {
    // Sidecars may be proxies.
    if (commands.length > 1) return undefined
    for (const command of commands) {
      const value = KEEP_ALIVE.exec(command)?.[1]
      if (value === undefined ? MAY_SET_KEEP_ALIVE.test(command) : Math.abs(Number(value) - lag) > SWEEP_SECONDS)
        return undefined
      if (value !== undefined) isSet = true
      const server = SERVERS.find((each) => new RegExp(`(^|[\\s/])${each}(\\s|$)`).test(command))
      if (server !== undefined) named.add(server)
    }
  }
  for (const { formats, role, kinship } of joined.testimonies) {
    if (role !== 'app' || kinship !== 'same') continue
    if (formats.has('gunicorn-log') || formats.has('gunicorn-access')) named.add('gunicorn')
    // gunicorn starts uvicorn's workers too, and its keep-alive holds for them.
    else if (formats.has('uvicorn-log') || formats.has('uvicorn-access')) named.add('uvicorn')
  }
  const [only, ...others] = named
  return only === undefined || others.length > 0 ? undefined : { name: only, isSet }
}

function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(':'))
}
