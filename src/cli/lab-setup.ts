import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../core/errors.ts'
import { labFolder, requirePython, virtualEnvironment } from '../lab/servers/python.ts'
import { runCommand } from '../lab/world/run-command.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  options: [{ flags: '--python <path>', summary: 'which Python makes the environment', default: 'python3' }],
  examples: ['why5xx lab setup'],
  run: async ({ options, stdout, stderr }) => {
    const requirements = join(labFolder, 'requirements.txt')
    const pip = join(virtualEnvironment, 'bin/pip')
    const steps = [
      ...(existsSync(pip) ? [] : [[String(options.python), '-m', 'venv', virtualEnvironment]]),
      [
        pip,
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--timeout',
        '20',
        '--retries',
        '1',
        '-r',
        requirements,
      ],
    ]
    for (const step of steps) {
      stderr.write(`${step.join(' ')}\n`)
      const result = await runCommand(step).catch((error: Error) => ({
        exitCode: 1,
        stdout: '',
        stderr: error.message,
      }))
      if (result.exitCode !== 0)
        fail('LAB_SETUP_FAILED', { why: result.stderr.trim().split('\n').at(-1) ?? 'pip failed' })
    }
    const flavour = await requirePython(true)
    stdout.write(`The lab's Python servers: ${flavour.python} (${flavour.origin})\n`)
    return 0
  },
})
