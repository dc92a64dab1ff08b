import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// One script and one stylesheet, so that the report can be a single file: src/report/page.ts inlines both.
export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: false,
    target: ['chrome111', 'firefox113', 'safari16.4'],
    modulePreload: false,
    reportCompressedSize: false,
    cssCodeSplit: false,
    rolldownOptions: {
      // Where a slow machine spends its build is no news for who runs the demo.
      checks: { bundlerTimings: false },
      input: fileURLToPath(new URL('web/main.tsx', import.meta.url)),
      output: {
        format: 'iife',
        codeSplitting: false,
        entryFileNames: 'app.js',
        assetFileNames: 'app[extname]',
      },
    },
  },
})
