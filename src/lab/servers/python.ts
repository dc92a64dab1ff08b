import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fail } from '../../core/errors.ts'
import { runCommand } from '../world/run-command.ts'

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url))

export const labFolder = `${packageRoot}lab`
export const virtualEnvironment = `${packageRoot}.lab-venv`

export interface PythonFlavour {
  readonly python: string
  /** `requirements`: the pinned virtual environment. `debian`: the distribution's packages. */
  readonly origin: 'requirements' | 'debian'
}

/** The pinned virtual environment where `why5xx lab setup` made one, else Debian's packages. */
export async function requirePython(needsGunicorn: boolean): Promise<PythonFlavour> {
  const modules = ['fastapi', 'uvicorn', ...(needsGunicorn ? ['gunicorn'] : [])]
  const candidates: PythonFlavour[] = [
    { python: `${virtualEnvironment}/bin/python`, origin: 'requirements' },
    { python: '/usr/bin/python3', origin: 'debian' },
  ]
  for (const candidate of candidates) {
    if (!existsSync(candidate.python)) continue
    const probe = await runCommand([candidate.python, '-c', `import ${modules.join(', ')}`])
    if (probe.exitCode === 0) return candidate
  }
  return fail('LAB_PYTHON_MISSING', { modules: modules.join(', ') })
}
