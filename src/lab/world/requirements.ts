import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../core/errors.ts'
import { labEnvironment, runCommand } from './run-command.ts'

/** Programs the lab starts, and the Debian package each comes from. */
const packages = {
  unshare: 'util-linux',
  ip: 'iproute2',
  iptables: 'iptables',
  nstat: 'iproute2',
  sysctl: 'procps',
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  python3: 'python3',
  openssl: 'openssl',
} as const

export type Program = keyof typeof packages

/** Fails with the name of the package to install, before anything is started. */
export function requirePrograms(programs: readonly Program[]): void {
  const missing = programs.filter((program) => findProgram(program) === undefined)
  if (missing.length === 0) return
  const names = [...new Set(missing.map((program) => packages[program]))]
  fail('LAB_PROGRAM_MISSING', { programs: missing.join(', '), packages: names.join(' ') })
}

export function findProgram(program: string): string | undefined {
  for (const folder of (labEnvironment().PATH ?? '').split(':')) {
    const path = join(folder, program)
    if (existsSync(path)) return path
  }
  return undefined
}

/** How namespaces can be made here: as root, or in a user namespace of one's own. Fails with what forbids both. */
export async function requireNamespaces(): Promise<readonly string[]> {
  if (process.platform !== 'linux') fail('LAB_NOT_LINUX', { platform: process.platform })
  requirePrograms(['unshare', 'ip', 'iptables', 'nstat', 'sysctl'])
  const flags = namespaceFlags(process.getuid?.() === 0)
  // The mount and the link prove the rights inside: AppArmor lets `unshare` succeed and then denies what follows.
  const probe = 'mount -t tmpfs tmpfs /run && ip link set lo up && iptables -w -t nat -L -n'
  const result = await runCommand(['unshare', ...flags, '/bin/sh', '-c', probe])
  if (result.exitCode === 0) return flags
  return fail('LAB_NO_NAMESPACES', explainRefusal(result.stderr))
}

export function namespaceFlags(isRoot: boolean): readonly string[] {
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child']
  return isRoot ? own : ['--user', '--map-root-user', ...own]
}

/** The kernel settings that forbid user namespaces, in the order they are met. */
export function explainRefusal(
  stderr: string,
  read: (path: string) => string | undefined = readSetting,
): { why: string; remedy: string } {
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1')
    return {
      why: 'AppArmor restricts unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)',
      remedy: 'Run it as root, or allow them: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    }
  if (read('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    return {
      why: 'the kernel forbids unprivileged user namespaces (kernel.unprivileged_userns_clone = 0)',
      remedy: 'Run it as root, or allow them: sudo sysctl kernel.unprivileged_userns_clone=1',
    }
  if (read('/proc/sys/user/max_user_namespaces') === '0')
    return {
      why: 'no user namespace is allowed (user.max_user_namespaces = 0)',
      remedy: 'Run it as root, or allow them: sudo sysctl user.max_user_namespaces=10000',
    }
  return {
    why: stderr.trim().split('\n').at(-1) || 'unshare was refused',
    remedy: 'Run it as root. In a container it needs --privileged (or CAP_SYS_ADMIN and CAP_NET_ADMIN).',
  }
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // The kernel has no such setting: it forbids nothing.
    return undefined
  }
}
