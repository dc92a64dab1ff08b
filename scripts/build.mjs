// dist/: the sources as a few CommonJS files, for two hundred modules take longer to load than many logs to read
// (docs/performance.md); the types of the library, by tsc; the page (web/) as one script and one stylesheet.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** Modules that keep their place, since something names their file. The others are where those need them. */
const entries = [
  'cli/main',
  'index',
  // Processes of the lab.
  'lab/run/inside',
  'lab/traffic/client',
  'lab/world/idle-crowd',
  // scripts/
  'lab/accuracy/run-suite',
  'lab/accuracy/suite-markdown',
  'lab/accuracy/suite-text',
  'lab/proof/proof-result',
  'lab/proof/proof-text',
  'lab/proof/proofs',
  'lab/proof/run-proofs',
  'lab/run/folders',
  'lab/scenarios/catalogue',
  'lab/truth/read-run',
  'lab/truth/truth-rows',
  // bench/ and tests/
  'engine/diagnose',
  'read/byte-chunks',
  'report/html',
  'report/markdown',
  'report/redact',
]

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n')
const codes = await Promise.all([
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.library.json']),
  run('node_modules/typescript/bin/tsc', ['-p', 'web/tsconfig.json']),
  run('node_modules/vite/bin/vite.js', ['build', '--config', 'vite.config.ts']),
])
for (const code of codes) if (code !== 0) process.exit(code)
await bundle(Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])))
// In one piece: nothing of it may wait for the other threads' files.
await bundle({ 'engine/worker': 'src/engine/worker.ts' })
chmodSync(join(dist, 'cli/main.js'), 0o755)

function bundle(input) {
  return build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [ownPlace()],
    build: {
      ssr: true,
      outDir: 'dist',
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      target: 'node20',
      rolldownOptions: {
        input,
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js', comments: false },
      },
    },
  })
}

/** `import.meta.url` stays the place that a module has in src/, so that what it finds from there is found from any chunk. */
function ownPlace() {
  return {
    name: 'own-place',
    transform(code, id) {
      if (!id.startsWith(join(root, 'src')) || !code.includes('import.meta.url')) return
      const place = relative(join(root, 'src'), id).replace(/\.ts$/, '.js')
      return code.replaceAll('import.meta.url', JSON.stringify(`__PLACE_OF_${place}__`))
    },
    renderChunk(code, chunk) {
      if (!code.includes('"__PLACE_OF_')) return
      return code.replace(/"__PLACE_OF_(.+?)__"/g, (_, place) => {
        const path = JSON.stringify(relative(dirname(chunk.fileName), place))
        return `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${path})).href`
      })
    },
  }
}

function run(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
