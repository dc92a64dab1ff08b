import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a short command to its end. Commands of system folders (`/usr/sbin`) are found for every user. */
export function runCommand(argv: readonly string[], input = ''): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = argv
    const child = spawn(program, args, { env: labEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({
        exitCode: code ?? 1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
    child.stdin.on('error', () => {
      // The command ended without reading its input; its exit code says so.
    })
    child.stdin.end(input)
  })
}

export async function mustRun(argv: readonly string[], input = ''): Promise<string> {
  const result = await runCommand(argv, input)
  if (result.exitCode !== 0) throw new Error(`${argv.join(' ')} failed (${result.exitCode}): ${result.stderr.trim()}`)
  return result.stdout
}

/** An ordinary user's PATH often lacks the folders where Debian keeps ip, iptables and nginx. */
export function labEnvironment(): NodeJS.ProcessEnv {
  const path = new Set([...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin'])
  return { ...process.env, PATH: [...path].filter(Boolean).join(':') }
}
