// tsc emits dist/ one file per source file; no bundler for Node code, but for the worker: two threads that load forty modules each
// take as long as reading 40 MB does (docs/performance.md). Vite makes the page (web/) one script and one stylesheet.
import { spawn } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
rmSync(join(root, 'dist'), { recursive: true, force: true })

const codes = await Promise.all([
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json']),
  run('node_modules/typescript/bin/tsc', ['-p', 'web/tsconfig.json']),
  run('node_modules/vite/bin/vite.js', ['build', '--config', 'vite.config.ts']),
])
for (const code of codes) if (code !== 0) process.exit(code)
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    ssr: 'dist/engine/worker.js',
    outDir: 'dist/engine',
    emptyOutDir: false,
    copyPublicDir: false,
    minify: false,
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'worker.js' } },
  },
})
chmodSync(join(root, 'dist/cli/main.js'), 0o755)

function run(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
