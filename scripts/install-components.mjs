// Installs with apt what the tests need, when root; else says what to install. Announced before it happens.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { missingComponents } from './components.mjs'
import { say } from './install.mjs'

const POLICY = '/usr/sbin/policy-rc.d'

/** @returns {string[]} ids of what is still missing */
export function installComponents(ids) {
  const missing = missingComponents(ids)
  if (missing.length === 0) return []
  const packages = [...new Set(missing.flatMap((component) => component.packages))]
  const names = missing.map((component) => component.id).join(', ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`Not here: ${names}. Install them as root: apt-get install --no-install-recommends ${packages.join(' ')}`)
    return missing.map((component) => component.id)
  }
  say(`Not here: ${names}. Installing Debian packages: ${packages.join(' ')}`)
  withoutServices(() => {
    const isFresh = hasPackageLists()
    if (!isFresh) apt('update')
    if (install(packages) || !isFresh) return
    apt('update')
    install(packages)
  })
  return missingComponents(ids).map((component) => component.id)
}

function install(packages) {
  return apt('install', '-y', '--no-install-recommends', ...packages)
}

function apt(...args) {
  const run = spawnSync('apt-get', ['-q', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return run.status === 0
}

function hasPackageLists() {
  const folder = '/var/lib/apt/lists'
  return (
    existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('_Packages') || name.includes('_Packages.'))
  )
}

/**
 * Debian starts a server when its package is installed. The tests start their own, so nothing else may listen: a
 * policy-rc.d that answers 101 (deny) stands there while apt runs.
 * https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
function withoutServices(action) {
  const isOurs = !existsSync(POLICY)
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    action()
  } finally {
    if (isOurs) rmSync(POLICY, { force: true })
  }
}
