import type { CommandEntry } from './command.ts'

/**
 * In the order of the help text. One file per command, loaded when the command is called: all of them together take ten
 * times as long as the first line of output may.
 */
export const commands: readonly CommandEntry[] = [
  {
    name: 'diagnose',
    args: '[log...]',
    summary: 'read access logs and say who answered each failure, what the load balancer saw, and why (the default)',
    load: () => import('./diagnose.ts'),
  },
  {
    name: 'explain',
    args: '[row...]',
    summary:
      'one row field by field with its verdict, one request through all logs, or the page of a symptom or a cause',
    load: () => import('./explain.ts'),
  },
  {
    name: 'compare',
    args: '[before] [after]',
    summary:
      'two diagnoses, sets of logs or folders of saved evidence: what is gone, what is new, what cannot be told, with intervals',
    load: () => import('./compare.ts'),
  },
  {
    name: 'logs',
    summary: 'print (never run) how to switch access logs on and download the right hours',
    load: () => import('./logs.ts'),
  },
  {
    name: 'check',
    args: '<file...>',
    summary: 'find what will cause 5XX in manifests, nginx.conf, app commands and load balancer attributes',
    load: () => import('./check.ts'),
  },
  {
    name: 'fix',
    args: '<diagnosis.json>',
    summary: 'write the settings of every hop that remove the causes found, each with its reason',
    load: () => import('./fix.ts'),
  },
  {
    name: 'ui',
    args: '[input...]',
    summary: 'the diagnosis as a page on 127.0.0.1, with filters: of logs, saved evidence or a DIAGNOSIS.json',
    load: () => import('./ui.ts'),
  },
  {
    name: 'causes',
    summary: 'list the causes why5xx knows, and what it takes to name each',
    load: () => import('./causes.ts'),
  },
  {
    name: 'formats',
    args: '[format]',
    summary: 'list the log formats why5xx reads, and every field of one',
    load: () => import('./formats.ts'),
  },
  {
    name: 'lab',
    summary: 'reproduce incidents with a real kernel, real servers and a load balancer stand-in',
    load: () => import('./lab.ts'),
  },
]

/** `why5xx ./logs` means `why5xx diagnose ./logs`. */
export function withDefaultCommand(argv: readonly string[]): string[] {
  const first = argv[0]
  if (first === undefined) return []
  const isKnown = commands.some((spec) => spec.name === first)
  if (isKnown || first === 'help' || ['-h', '--help', '-V', '--version'].includes(first)) return [...argv]
  return ['diagnose', ...argv]
}
