import { readFileSync } from 'node:fs'
import type { Diagnosis } from '../core/diagnosis.ts'
import { type ExitCode, fail } from '../core/errors.ts'
import { neutralise } from '../report/neutralise.ts'
import { readDiagnosis } from '../report/schema.ts'
import { type CheckResult, checkFiles } from '../settings/check.ts'
import { toGithub, toJson, toSarif, toTerminal } from './check-output.ts'
import { defineCommand } from './command.ts'
import { diskHost, readConfigFiles } from './config-files.ts'

const unreadableRules = new Set(['not-yaml', 'template-not-rendered', 'nginx-syntax'])

export default defineCommand({
  options: [
    { flags: '--with <diagnosis.json>', summary: 'a diagnosis: which of the broken rules hurt, by the log' },
    {
      flags: '--format <format>',
      summary: 'how to print it',
      default: 'terminal',
      choices: ['terminal', 'json', 'sarif', 'github'],
    },
    { flags: '--fail-on <severity>', summary: 'exit 10 from this severity on', choices: ['warning', 'error'] },
    { flags: '--no-color', summary: 'no colours' },
  ],
  examples: [
    'why5xx check k8s/ nginx/nginx.conf Dockerfile',
    'helm template shop ./chart | why5xx check - --fail-on warning',
    'aws elbv2 describe-load-balancer-attributes --load-balancer-arn "$ARN" > alb.json; why5xx check k8s/ alb.json',
  ],
  run: async ({ args, options, stdin, stdout, stderr, env }) => {
    const { files, unreadable } = await readConfigFiles(args, stdin)
    for (const { name, why } of unreadable)
      stderr.write(`why5xx: ${neutralise(name)} was not read: ${neutralise(why)}\n`)
    const diagnosis = typeof options.with === 'string' ? loadDiagnosis(options.with) : undefined
    const result = checkFiles(files, diskHost(), diagnosis ? { diagnosis } : {})
    if (!result.files.some((file) => file.understood)) fail('CONFIG_NONE', { paths: args.join(', ') || '(nothing)' })
    stdout.write(
      render(result, String(options.format), options.color !== false && stdout.isTTY === true && !env.NO_COLOR),
    )
    return exitCode(result, String(options.failOn ?? ''), unreadable.length)
  },
})

/** A diagnosis file, checked against the schema. */
export function loadDiagnosis(path: string): Diagnosis {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    return fail('INPUT_MISSING', { path }, { cause })
  }
  return readDiagnosis(text, path)
}

function render(result: CheckResult, format: string, color: boolean): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const options = { version: manifest.version, color }
  if (format === 'json') return toJson(result)
  if (format === 'sarif') return toSarif(result, options)
  if (format === 'github') return toGithub(result)
  return toTerminal(result, options)
}

function exitCode(result: CheckResult, failOn: string, unreadable: number): ExitCode {
  const severities = failOn === 'error' ? ['error'] : failOn === 'warning' ? ['error', 'warning'] : []
  if (result.findings.some((finding) => severities.includes(finding.severity))) return 10
  const isPartial = unreadable > 0 || result.findings.some((finding) => unreadableRules.has(finding.rule))
  return isPartial ? 4 : 0
}
