import { existsSync } from 'node:fs'
import { Command, Option, type OutputConfiguration } from 'commander'
import { AppError, type ExitCode, errors } from '../core/errors.ts'
import { packageVersion } from '../engine/package-version.ts'
import type { CommandEntry } from './command.ts'
import { commands, withDefaultCommand } from './commands.ts'

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('why5xx')
    .description('Says who answered every 502, 503 and 504 behind an AWS load balancer, why, and how sure that is.')
    .version(packageVersion)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(usageErrors)
  const called = withDefaultCommand(argv)
  for (const entry of commands) program.addCommand(await toCommander(entry, called))
  program.addHelpText('after', EXAMPLES)
  if (argv.length === 0) {
    process.stdout.write(program.helpInformation() + EXAMPLES)
    process.exitCode = 2
    return
  }
  await program.parseAsync(called, { from: 'user' })
}

/** Commander's words in the shape of all other errors. */
const usageErrors: OutputConfiguration = {
  outputError: (text, write) =>
    write(`${text.trimEnd().replace(/^error: /, 'why5xx: ')}\n${folderHint()}  ${errors.USAGE.hint}\n`),
}

/** Logs often lie in a folder that has the name of a command: `why5xx logs --with app.log`. */
function folderHint(): string {
  const [word = ''] = process.argv.slice(2)
  const isBoth = commands.some(({ name }) => name === word) && existsSync(word)
  return isBoth ? `  ${word} is a command; to diagnose the folder of that name here: why5xx ./${word}\n` : ''
}

const EXAMPLES = `
Examples:
  why5xx ./logs                          diagnose a folder of access logs
  pbpaste | why5xx explain -             one row, field by field, with its verdict
`

/** A command that is not called is no more than its line in the help text. */
async function toCommander(entry: CommandEntry, argv: readonly string[]): Promise<Command> {
  const command = new Command(entry.name)
    .description(entry.summary)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(usageErrors)
  if (entry.args) command.arguments(entry.args)
  const words = argv[0] === 'help' ? argv.slice(1) : argv
  if (words[0] !== entry.name) return command
  const { default: spec } = await entry.load()
  for (const option of spec.options) {
    const made = new Option(option.flags, option.summary)
    if (option.default !== undefined) made.default(option.default)
    if (option.choices) made.choices(option.choices)
    if (option.repeatable) made.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value])
    command.addOption(made)
  }
  if (spec.examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  ${example}`).join('\n')}\n`)
  for (const sub of spec.subcommands ?? []) command.addCommand(await toCommander(sub, words.slice(1)))
  const run = spec.run
  if (run)
    command.action(async (...received: unknown[]) => {
      const self = received.at(-1) as Command
      const abort = new AbortController()
      const onSignal = (): void => {
        if (abort.signal.aborted) process.exit(130)
        abort.abort()
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
      try {
        process.exitCode = await run({
          args: self.args,
          options: self.opts(),
          stdin: process.stdin as NodeJS.ReadStream,
          stdout: process.stdout,
          stderr: process.stderr,
          env: process.env,
          signal: abort.signal,
        })
      } finally {
        process.off('SIGINT', onSignal)
        process.off('SIGTERM', onSignal)
      }
    })
  return command
}

function report(error: unknown): ExitCode {
  const isDebug = process.argv.includes('--debug')
  if (error instanceof AppError) {
    process.stderr.write(`why5xx: ${error.message}\n  ${error.hint}\n`)
    if (isDebug) process.stderr.write(`${error.stack ?? ''}\n`)
    return error.exit
  }
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && code.startsWith('commander.'))
    return (error as { exitCode: number }).exitCode === 0 ? 0 : 2
  process.stderr.write(
    `why5xx ${packageVersion} (node ${process.version}) met a bug:\n${error instanceof Error ? error.stack : String(error)}\n` +
      'Please report it with the command you typed; no log rows are needed.\n',
  )
  return 1
}

// A closed pipe (`why5xx … | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
  throw error
})

void main(process.argv.slice(2))
  .catch((error: unknown) => {
    process.exitCode = report(error)
  })
  .then(leave)

/** Node would wait for its compiler to finish code that nobody will run. */
async function leave(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve))
  process.exit()
}
