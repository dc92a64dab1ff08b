import { findPage, pagesLike } from '../causes/find-page.ts'
import { fail } from '../core/errors.ts'
import { traceRequest } from '../engine/trace-request.ts'
import { explainRow } from '../explain/explain-row.ts'
import { explanationText } from '../explain/explanation-text.ts'
import { mapStrings } from '../report/map-strings.ts'
import { neutralise } from '../report/neutralise.ts'
import { makeTextRedactor } from '../report/redact.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { traceText } from './trace-text.ts'
import { witnessOptions } from './witness-options.ts'

export default defineCommand({
  options: [
    { flags: '--trace <id>', summary: "one request's way, hop by hop; the arguments are then logs, files or folders" },
    { flags: '--with <file>', summary: 'with --trace: another witness, as for diagnose', repeatable: true },
    { flags: '--nginx-log-format <text>', summary: "with --trace: the log_format of nginx's access log" },
    { flags: '--json-keys <keys>', summary: "with --trace: keys of the app's JSON log" },
    {
      flags: '--redact <on|off>',
      summary: 'with --trace: hide tokens, query values, addresses',
      choices: ['on', 'off'],
    },
    { flags: '--format <format>', summary: 'how to print it', default: 'terminal', choices: ['terminal', 'json'] },
    { flags: '--no-color', summary: 'plain text' },
  ],
  examples: [
    "why5xx explain 'https 2026-11-23T02:19:59.646366Z app/shop/7e13d860e39e867e ...'",
    'pbpaste | why5xx explain -          quotes and line breaks break shells; this does not',
    'zcat *.log.gz | grep TRACE_ID | why5xx explain -',
    'why5xx explain --trace 1-6b03a28e-1be26d49f746c583d5d1e4ac ./incident',
    'why5xx explain connect-timeout      what a symptom means',
    'why5xx explain listen-backlog-overflow',
  ],
  run: async (context) => {
    const { args, options, stdin, stdout } = context
    if (options.trace !== undefined) return explainTrace(context)
    if (args.length === 0 && stdin.isTTY)
      fail('USAGE', { what: 'explain needs a row, a symptom or a cause (- reads standard input)' })
    const isStdin = args.length === 0 || (args.length === 1 && args[0] === '-')
    const given = isStdin ? await readStandardInput(stdin) : args.join(' ')
    const word = given.trim()
    const page = /^[a-z0-9-]+$/.test(word) ? findPage(word) : undefined
    if (page !== undefined) {
      stdout.write(
        options.format === 'json' ? `${JSON.stringify({ kind: 'page', id: word, text: page }, null, 2)}\n` : page,
      )
      return 0
    }
    const explanation = explainRow(given)
    if (!explanation) return fail('USAGE', { what: notUnderstood(word) })
    if (options.format === 'json') stdout.write(`${JSON.stringify(explanation, null, 2)}\n`)
    else stdout.write(explanationText(explanation, textOptions(context)))
    return 0
  },
})

async function explainTrace(context: CommandContext): Promise<0 | 4> {
  const { args, options, stdout } = context
  if (args.length === 0) fail('USAGE', { what: 'explain --trace ID needs the logs: files or folders' })
  const { witnesses = [], useWitnesses = true, witnessOptions: readers = {} } = witnessOptions(options)
  const trace = await traceRequest({
    traceId: options.trace as string,
    paths: args,
    witnesses,
    useWitnesses,
    witnessOptions: readers,
    signal: context.signal,
  })
  const isJson = options.format === 'json'
  const isRedacted = options.redact === undefined ? !isJson : options.redact === 'on'
  const redactor = makeTextRedactor(trace.rows.flatMap((row) => [row.target, row.node]))
  const hide = isRedacted ? redactor : (text: string): string => text
  if (isJson)
    stdout.write(
      `${JSON.stringify(
        mapStrings(trace, (text) => hide(text)),
        null,
        2,
      )}\n`,
    )
  else stdout.write(traceText(trace, { ...textOptions(context), hide }))
  return trace.unreadable.length > 0 ? 4 : 0
}

/** More is a log: the row that stands first is explained all the same. */
const MOST_CHARACTERS = 64_000_000

/** As a stream: a pipe whose writer is slow has nothing to read at times, which a read at once takes for an error. */
async function readStandardInput(stdin: NodeJS.ReadStream): Promise<string> {
  stdin.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of stdin) {
      text += chunk
      if (text.length > MOST_CHARACTERS) break
    }
  } catch (error) {
    return fail('INPUT_UNREADABLE', { path: '(standard input)', why: (error as Error).message }, { cause: error })
  }
  return text
}

function notUnderstood(word: string): string {
  if (word === '') return 'explain was given nothing to explain'
  const shown = neutralise(word.length > 60 ? `${word.slice(0, 57)}...` : word)
  if (/\b(?:app|net)\/[\w-]+\/[0-9a-f]{16}\b/.test(word) && /\d{4}-\d\d-\d\dT\d\d:\d\d/.test(word))
    return `"${shown}" is cut before its status codes, which decide: paste the row to its end`
  if (/\s/.test(word)) return `"${shown}" is no row of a load balancer's log, however its spaces are put`
  const near = pagesLike(word)
  const hint = near.length > 0 ? `; perhaps ${near.join(', ')}` : '; why5xx causes lists them'
  return `"${shown}" is no symptom and no cause${hint}`
}

function textOptions({ stdout, options, env }: CommandContext): { columns: number; color: boolean; unicode: boolean } {
  const isPlain = options.color === false || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  const isForced = (env.FORCE_COLOR ?? '') !== '' && env.FORCE_COLOR !== '0'
  return { columns: stdout.columns ?? 80, color: !isPlain && (stdout.isTTY === true || isForced), unicode: true }
}
