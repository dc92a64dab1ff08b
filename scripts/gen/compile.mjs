import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Compiles src/ into .cache/gen and returns a function that imports one of its modules. */
export function compile(root) {
  const out = join(root, '.cache/gen')
  const tsc = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      out,
      '--declaration',
      'false',
    ],
    { cwd: root, encoding: 'utf8' },
  )
  // Type errors elsewhere do not stop the generators: tsc emits all the same. They are shown, as they may be the reason.
  if (tsc.status !== 0) process.stderr.write(tsc.stdout + tsc.stderr)
  // The commands read the version from the package they stand in.
  copyFileSync(join(root, 'package.json'), join(root, '.cache/package.json'))
  return (name) => import(pathToFileURL(join(out, `${name}.js`)).href)
}
