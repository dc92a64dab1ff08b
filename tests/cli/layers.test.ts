import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './run-cli.ts'

// The table of docs/architecture.md, tried with files that break it.
const broken = [
  ['src/core/a.ts', "import { x } from '../formats/alb.ts'", 'src/core may import no other folder'],
  ['src/core/b.ts', "import { x } from 'node:fs'", 'src/core is pure'],
  ['src/formats/a.ts', "import { x } from '../read/folder.ts'", 'src/formats may import src/core.'],
  ['src/evidence/deep/a.ts', "import { x } from '../../causes/index.ts'", 'src/evidence may import src/core.'],
  ['src/causes/a.ts', "import { x } from '../engine/diagnose.ts'", 'src/causes may import src/core, src/settings'],
  ['src/causes/b.ts', "import { x } from '../evidence/echo.ts'", 'write `import type`'],
  ['src/report/a.ts', "import { x } from '../causes/index.ts'", 'src/report may import src/core, src/fixes.'],
  ['src/report/b.ts', "import { x } from 'node:child_process'", 'src/report is pure'],
  ['src/compare/a.ts', "import { x } from '../engine/diagnose.ts'", 'src/compare may import src/core, src/report'],
  ['src/engine/a.ts', "import { x } from '../report/json.ts'", 'src/engine may import'],
  ['src/lab/deep/a.ts', "import { x } from '../../causes/index.ts'", 'src/lab may import'],
  ['src/cli/a.ts', "import { x } from '../../web/main.ts'", 'src/cli may import'],
  ['web/a.ts', "import { x } from '../src/engine/diagnose.ts'", 'web may import'],
] as const
const allowed = [
  ['src/core/c.test.ts', "import { x } from '../formats/alb.ts'"],
  ['src/causes/c.ts', "import type { x } from '../evidence/echo.ts'"],
  ['src/engine/c.ts', "import { x } from '../read/folder.ts'"],
  ['src/lab/server/c.ts', "import { x } from './server/socket.ts'"],
] as const

let folder = ''
let output = ''

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'why5xx-layers-')))
  cpSync(join(root, 'biome.json'), join(folder, 'biome.json'))
  cpSync(join(root, 'scripts', 'lint'), join(folder, 'scripts', 'lint'), { recursive: true })
  for (const [path, source] of [...broken, ...allowed]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${source}\n\nexport type y = typeof x\n`)
  }
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const run = spawnSync(
    process.execPath,
    [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  output = run.stdout + run.stderr
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function errorsOf(path: string): string {
  return output
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('::error') && line.includes(`file=${join(folder, path)},`) && !/useImportType/.test(line),
    )
    .join('\n')
}

test.each(broken)('%s with %s is refused', (path, _source, message) => {
  expect(errorsOf(path)).toContain(message)
})

test.each(allowed)('%s with %s is fine', (path) => {
  expect(errorsOf(path)).toBe('')
})
