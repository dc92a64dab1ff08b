import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ExitCode, fail } from '../core/errors.ts'
import type { PlanOptions } from '../fixes/plan.ts'
import { type WrittenFix, writeFix } from '../fixes/write-fix.ts'
import { neutralise, neutraliseLines } from '../report/neutralise.ts'
import { loadDiagnosis } from './check.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { diskHost, readConfigFiles } from './config-files.ts'

export default defineCommand({
  options: [
    {
      flags: '--settings <file>',
      summary: 'manifests, nginx.conf, AWS JSON in force: what check reads',
      repeatable: true,
    },
    {
      flags: '--front <proxy>',
      summary: 'what to put between the load balancer and the app',
      default: 'none',
      choices: ['nginx', 'haproxy', 'none'],
    },
    {
      flags: '--as <place>',
      summary: 'the proxy inside the pod, or a Deployment in between',
      default: 'sidecar',
      choices: ['sidecar', 'deployment'],
    },
    {
      flags: '--nginx-version <version>',
      summary: 'write only what this version knows (else the image tag, else 1.22.1)',
    },
    { flags: '--app-version <version>', summary: 'version of the app server, for flags that not every version knows' },
    { flags: '--diff', summary: 'print the changes to the given files, write nothing' },
    { flags: '--output <dir>', summary: 'write the files here' },
    { flags: '--force', summary: 'write into a folder that is not empty' },
  ],
  examples: [
    'why5xx fix diagnosis.json --settings k8s/ --diff',
    'why5xx fix diagnosis.json --settings k8s/ --front nginx --output fixed/',
    'why5xx fix diagnosis.json --front haproxy --as deployment --output fixed/',
  ],
  run: async (context) => run(context),
})

async function run({ args, options, stdin, stdout, stderr }: CommandContext): Promise<ExitCode> {
  const output = typeof options.output === 'string' ? options.output : null
  if (!output && options.diff !== true) fail('USAGE', { what: 'why5xx fix needs --output DIR or --diff' })
  const diagnosis = loadDiagnosis(args[0] ?? '')
  const given = (options.settings ?? []) as readonly string[]
  const { files, unreadable } = await readConfigFiles(given, stdin)
  for (const { name, why } of unreadable) stderr.write(`why5xx: ${neutralise(name)} was not read: ${neutralise(why)}\n`)
  if (given.length > 0 && files.length === 0) fail('CONFIG_NONE', { paths: given.join(', ') })
  if (output && options.diff !== true) assertWritable(output, options.force === true)
  const written = writeFix(diagnosis, files, diskHost(), planOptions(options))
  if (options.diff === true) {
    stdout.write(written.diff === '' ? 'nothing to change in the given files\n' : written.diff)
    for (const warning of written.warnings) stderr.write(`${neutralise(warning)}\n`)
  } else if (output) {
    save(output, written)
    stdout.write(summary(output, written))
  }
  return unreadable.length > 0 ? 4 : 0
}

function planOptions(options: CommandContext['options']): PlanOptions {
  const version = (value: unknown, flag: string): string | null => {
    if (value === undefined) return null
    if (typeof value !== 'string' || !/^\d+(\.\d+){0,2}$/.test(value))
      fail('USAGE', { what: `${flag} is a version such as 1.27.4, not ${neutralise(String(value))}` })
    return value
  }
  return {
    front: options.front as PlanOptions['front'],
    as: options.as as PlanOptions['as'],
    nginxVersion: version(options.nginxVersion, '--nginx-version'),
    appVersion: version(options.appVersion, '--app-version'),
  }
}

function assertWritable(output: string, isForced: boolean): void {
  if (!existsSync(output) || isForced) return
  if (!statSync(output).isDirectory()) fail('OUTPUT_UNWRITABLE', { path: output, why: 'it is not a folder' })
  if (readdirSync(output).length > 0)
    fail('OUTPUT_UNWRITABLE', { path: output, why: 'it is not empty (--force writes into it)' })
}

function save(output: string, written: WrittenFix): void {
  for (const [path, text] of written.files) {
    const full = join(output, path)
    try {
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, text)
    } catch (cause) {
      fail('OUTPUT_UNWRITABLE', { path: full, why: cause instanceof Error ? cause.message : String(cause) }, { cause })
    }
  }
}

function summary(output: string, { files, warnings, left, plan }: WrittenFix): string {
  const lines = [
    `${plan.values.size} values in ${files.size} files:`,
    ...[...files.keys()].sort().map((path) => `  ${join(output, path)}`),
  ]
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `! ${warning}`))
  if (left.length > 0)
    lines.push(
      '',
      'Still open:',
      ...left.map((finding) => `  ${finding.at.file}:${finding.at.line}  ${finding.title} (${finding.rule})`),
    )
  lines.push('', `Next: why5xx check ${output}   then   why5xx lab run SCENARIO --fix ${output}`, '')
  return neutraliseLines(lines.join('\n'))
}
