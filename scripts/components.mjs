// What the tests need beyond Node and npm, how to see whether it is there, and which Debian package brings it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @typedef {{ id: string, isThere: () => boolean, packages: string[] }} Component */

/** @type {readonly Component[]} */
export const components = [
  { id: 'nginx', isThere: () => hasCommand('nginx'), packages: ['nginx'] },
  { id: 'haproxy', isThere: () => hasCommand('haproxy'), packages: ['haproxy'] },
  { id: 'iptables', isThere: () => hasCommand('iptables'), packages: ['iptables'] },
  { id: 'openssl', isThere: () => hasCommand('openssl'), packages: ['openssl'] },
  { id: 'iproute2', isThere: () => hasCommand('ip'), packages: ['iproute2'] },
  {
    id: 'fastapi',
    isThere: () => hasPythonModules('fastapi', 'uvicorn'),
    packages: ['python3-fastapi', 'python3-uvicorn', 'uvicorn'],
  },
  { id: 'gunicorn', isThere: () => hasPythonModules('gunicorn'), packages: ['gunicorn'] },
  { id: 'python3-venv', isThere: () => hasPythonModules('venv', 'ensurepip'), packages: ['python3-venv'] },
  {
    id: 'chromium',
    isThere: () => hasCommand('chromium'),
    packages: ['chromium', 'fonts-dejavu-core'],
  },
]

/** In the order they run: fast ones first. */
export const suites = [
  { id: 'unit', needs: [] },
  { id: 'cli', needs: ['nginx', 'haproxy'] },
  { id: 'web', needs: ['chromium'] },
  { id: 'lab', needs: ['nginx', 'haproxy', 'iptables', 'iproute2', 'openssl', 'fastapi', 'gunicorn', 'python3-venv'] },
]

export function missingComponents(ids) {
  return components.filter((component) => ids.includes(component.id) && !component.isThere())
}

/** Debian keeps servers in sbin, which is not on the path of everybody. */
function hasCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.some((folder) => existsSync(join(folder, name)))
}

function hasPythonModules(...names) {
  const script = `import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ${JSON.stringify(names)}))`
  return spawnSync('/usr/bin/python3', ['-c', script], { stdio: 'ignore' }).status === 0
}
