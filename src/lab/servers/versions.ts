import { runCommand } from '../world/run-command.ts'
import type { PythonFlavour } from './python.ts'
import type { Server } from './server.ts'

/** Versions of everything a run used: its numbers mean nothing without them. */
export async function collectVersions(
  kinds: readonly Server['kind'][],
  python: PythonFlavour | undefined,
): Promise<Readonly<Record<string, string>>> {
  const versions: Record<string, string> = { node: process.version.slice(1) }
  versions.kernel = (await runCommand(['uname', '-r'])).stdout.trim()
  const iptables = await runCommand(['iptables', '--version'])
  versions.iptables = iptables.stdout.trim().replace('iptables ', '')
  if (python && kinds.some((kind) => kind === 'uvicorn' || kind === 'gunicorn')) {
    const code =
      'import importlib.metadata as m, sys\nprint("python", sys.version.split()[0])\n' +
      'for n in ("fastapi", "uvicorn", "uvloop", "httptools", "gunicorn"):\n' +
      '    try: print(n, m.version(n))\n    except Exception: pass'
    for (const line of (await runCommand([python.python, '-c', code])).stdout.trim().split('\n')) {
      const [name, version] = line.split(' ')
      if (name && version) versions[name] = version
    }
    versions.pythonServersFrom = python.origin
  }
  if (kinds.includes('nginx'))
    versions.nginx = (await runCommand(['nginx', '-v'])).stderr.trim().replace('nginx version: nginx/', '')
  if (kinds.includes('haproxy'))
    versions.haproxy = /version (\S+)/.exec((await runCommand(['haproxy', '-v'])).stdout)?.[1] ?? 'unknown'
  return versions
}
