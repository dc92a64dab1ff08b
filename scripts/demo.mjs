// npm run demo: from a fresh clone to the diagnosis of the bundled incident.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, installDependencies, root, say, stop } from './install.mjs'

const incident = 'examples/missing-502'
const json = 'why5xx-diagnosis.json'
const html = 'why5xx-report.html'

installDependencies()
build()
say(`Diagnosing ${incident}`)
why5xx(incident, '--format', 'json', '--output', json, '--quiet')
why5xx(incident, '--format', 'html', '--output', html, '--quiet')
why5xx(incident)
process.stdout.write(`
As a page:        ${html} (open it in a browser; nothing is loaded from the network)
As JSON:          ${json}
By hand:          node dist/cli/main.js ${incident}
Your own logs:    node dist/cli/main.js FOLDER
`)

function why5xx(...args) {
  const run = spawnSync(process.execPath, [join('dist', 'cli', 'main.js'), ...args], { cwd: root, stdio: 'inherit' })
  if (run.status !== 0) stop(`why5xx ended with exit code ${run.status}.`)
}
