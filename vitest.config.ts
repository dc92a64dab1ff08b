import { defineConfig } from 'vitest/config'

// Suites by what they need: `unit` needs nothing, `cli` needs dist/, `web` needs a browser, `lab` needs a kernel with
// namespaces and servers. scripts/components.mjs has the order and the needs.
export default defineConfig({
  test: {
    testTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'] } },
      { extends: true, test: { name: 'cli', include: ['tests/cli/**/*.test.ts'], testTimeout: 120_000 } },
      // A browser on a busy machine may paint late: one more try, in the same suite.
      { extends: true, test: { name: 'web', include: ['tests/web/**/*.test.ts'], testTimeout: 120_000, retry: 1 } },
      {
        extends: true,
        test: { name: 'lab', include: ['tests/lab/**/*.test.ts'], testTimeout: 300_000, fileParallelism: false },
      },
    ],
  },
})
