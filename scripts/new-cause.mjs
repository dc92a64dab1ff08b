// npm run new-cause ID: copies the template to src/causes/ID.ts with the next free number, then runs the generators.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'src/causes')
const id = process.argv[2]
if (!id || !/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(id)) {
  process.stderr.write('usage: npm run new-cause ID   (kebab-case, names the broken thing: connection-refused)\n')
  process.exit(2)
}
const path = join(folder, `${id}.ts`)
if (existsSync(path)) {
  process.stderr.write(`src/causes/${id}.ts exists\n`)
  process.exit(2)
}
const numbers = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => Number(/^ {4}number: (\d+),$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? 0))
const template = readFileSync(join(folder, '_template.ts.txt'), 'utf8')
writeFileSync(path, template.replaceAll('ID', id).replace('NUMBER', String(Math.max(...numbers) + 1)))
process.stdout.write(`src/causes/${id}.ts\n`)
const gen = spawnSync(process.execPath, [join(root, 'scripts/gen.mjs')], { cwd: root, stdio: 'inherit' })
process.stdout.write(
  'Next: fill it in (docs/writing-a-cause.md), then npm run gen and npx vitest run --project unit src/causes\n',
)
process.exit(gen.status ?? 1)
