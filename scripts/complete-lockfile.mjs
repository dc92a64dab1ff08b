// Some registries do not serve the builds for platforms that nobody there uses. npm then leaves them out of
// package-lock.json, and `npm ci` calls such a lockfile out of sync on every machine. This adds the entries back
// (version, os, cpu; no hash), so that the lockfile installs the same on any platform. Run after adding a dependency:
//   rm -rf node_modules package-lock.json && npm i --package-lock-only && node scripts/complete-lockfile.mjs && npm ci
import { readFileSync, writeFileSync } from 'node:fs'

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const added = []
for (const [path, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages) continue
    const words = name.split(/[/-]/)
    const os = systems.find((system) => words.includes(system))
    if (!os) throw new Error(`${name}: no operating system in its name; add the entry by hand`)
    const cpu = words[words.indexOf(os) + 1]
    const libc = words.some((word) => word.startsWith('musl')) ? { libc: ['musl'] } : {}
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      ...libc,
      optional: true,
      os: [os],
    }
    added.push(name)
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
lock.packages = Object.fromEntries(sorted)
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added.length} entries added\n`)
