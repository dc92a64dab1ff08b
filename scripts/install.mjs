// npm ci, but only when package-lock.json changed since the last one. Runs before there are any dependencies: builtins only.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lock = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.why5xx-lock')

/** Ends the process with a message when the dependencies cannot be had. */
export function installDependencies() {
  requireNode()
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) return
  say('Installing npm dependencies (npm ci)')
  const npm = npmCommand()
  const run = spawnSync(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (run.status !== 0) stop('npm ci failed: see above. The npm registry must be reachable.')
  copyFileSync(lock, installed)
}

export function build() {
  say('Building dist/')
  const run = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'inherit' })
  if (run.status !== 0) stop('The build failed: see above.')
}

export function npmCommand() {
  const script = process.env.npm_execpath
  return script ? [process.execPath, script] : ['npm']
}

export function say(text) {
  process.stderr.write(`== ${text}\n`)
}

export function stop(text) {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  stop(`why5xx needs Node 20.19 or newer; this is ${process.version}.`)
}
