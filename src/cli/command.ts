import type { ExitCode } from '../core/errors.ts'

/** One option of a command. The help text and docs/cli.md are made from the same table. */
export interface OptionSpec {
  /** Commander's notation: `--idle-timeout <seconds>`, `--redact <on|off>`, `--all`. */
  readonly flags: string
  readonly summary: string
  readonly default?: string | number | boolean
  readonly choices?: readonly string[]
  /** May be given several times; the value is then a list. */
  readonly repeatable?: boolean
}

export interface CommandContext {
  readonly args: readonly string[]
  /** Keyed by the option's camelCase long name, as commander does; undefined when not given and without default. */
  readonly options: Readonly<Record<string, unknown>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  /** Aborted at the first Ctrl-C (SIGINT) or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal
}

/** What the list of commands says of one, so that it need not be loaded. */
export interface CommandEntry {
  readonly name: string
  /** Commander's notation: `[log...]`, `<scenario> <dir>`. */
  readonly args?: string
  readonly summary: string
  readonly load: () => Promise<{ readonly default: CommandSpec }>
}

export interface CommandSpec {
  readonly options: readonly OptionSpec[]
  readonly examples: readonly string[]
  readonly subcommands?: readonly CommandEntry[]
  readonly run?: (context: CommandContext) => Promise<ExitCode>
}

export function defineCommand(spec: CommandSpec): CommandSpec {
  return spec
}
