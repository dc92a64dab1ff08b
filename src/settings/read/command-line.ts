import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { type AppSettings, withDefaults } from './app-settings.ts'
import { springSeconds } from './duration.ts'
import { baseName, type Word } from './words.ts'

/** Environment of the process: literal values only. */
export type Environment = ReadonlyMap<string, Word>

interface Flag {
  readonly names: readonly string[]
  readonly set: SettingId
  /** Name of the environment variable that means the same. */
  readonly env?: string
}

const uvicornFlags: readonly Flag[] = [
  { names: ['--timeout-keep-alive'], set: 'app.keepAliveSeconds', env: 'UVICORN_TIMEOUT_KEEP_ALIVE' },
  { names: ['--backlog'], set: 'app.backlog', env: 'UVICORN_BACKLOG' },
  {
    names: ['--timeout-graceful-shutdown'],
    set: 'app.gracefulShutdownSeconds',
    env: 'UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN',
  },
  { names: ['--limit-max-requests'], set: 'app.maxRequests', env: 'UVICORN_LIMIT_MAX_REQUESTS' },
  { names: ['--limit-max-requests-jitter'], set: 'app.maxRequestsJitter' },
]

const gunicornFlags: readonly Flag[] = [
  { names: ['--keep-alive'], set: 'app.keepAliveSeconds' },
  { names: ['--backlog'], set: 'app.backlog' },
  { names: ['--timeout', '-t'], set: 'app.workerKillSeconds' },
  { names: ['--graceful-timeout'], set: 'app.gracefulShutdownSeconds' },
  { names: ['--max-requests'], set: 'app.maxRequests' },
  { names: ['--max-requests-jitter'], set: 'app.maxRequestsJitter' },
]

const hypercornFlags: readonly Flag[] = [
  { names: ['--keep-alive'], set: 'app.keepAliveSeconds' },
  { names: ['--backlog'], set: 'app.backlog' },
  { names: ['--graceful-timeout'], set: 'app.gracefulShutdownSeconds' },
]

/** Reads the server out of a command line; null when no server that we know is in it. */
export function readCommandLine(words: readonly Word[], environment: Environment = new Map()): AppSettings | null {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Word
    const rest = untilOperator(words, index + 1)
    const found = readProgram(programOf(words, index), word, rest, environment)
    if (found) return found
  }
  return null
}

/** `python -m uvicorn` is uvicorn. */
function programOf(words: readonly Word[], index: number): string {
  const name = baseName(words[index]?.text ?? '')
  const isModule = words[index - 1]?.text === '-m' && /^python[\d.]*$/.test(baseName(words[index - 2]?.text ?? ''))
  const isProgram =
    isModule ||
    index === 0 ||
    /^(exec|run|--|;|&&|\|\||sh|-c|-lc|-ec)$/.test(words[index - 1]?.text ?? '') ||
    isWrapper(words, index)
  return isProgram ? name : ''
}

/** Programs that start another one: `dumb-init uvicorn`, `opentelemetry-instrument gunicorn`, `env X=1 uvicorn`. */
function isWrapper(words: readonly Word[], index: number): boolean {
  const before = words[index - 1]?.text ?? ''
  const wrappers =
    /^(dumb-init|tini|env|nice|nohup|time|opentelemetry-instrument|ddtrace-run|newrelic-admin|run-program|catchsegv)$/
  return (
    wrappers.test(baseName(before)) ||
    (/^[A-Za-z_]\w*=/.test(before) && (index < 2 || isWrapperOrStart(words, index - 1)))
  )
}

function isWrapperOrStart(words: readonly Word[], index: number): boolean {
  const before = words[index - 1]?.text ?? ''
  return index === 0 || /^(env|exec|;|&&|-c)$/.test(before) || /^[A-Za-z_]\w*=/.test(before)
}

function readProgram(program: string, word: Word, rest: readonly Word[], environment: Environment): AppSettings | null {
  const at = word.at
  if (program === 'uvicorn')
    return withDefaults({
      server: 'uvicorn',
      values: flagValues(rest, uvicornFlags, environment),
      port: numberAfter(rest, ['--port']) ?? 8000,
      at,
    })
  if (program === 'fastapi')
    // `fastapi run` starts uvicorn and passes none of its timeouts on.
    return withDefaults({ server: 'uvicorn', values: {}, port: numberAfter(rest, ['--port']) ?? 8000, at })
  if (program === 'gunicorn') return readGunicorn(rest, at, environment)
  if (program === 'hypercorn')
    return withDefaults({ server: 'hypercorn', values: flagValues(rest, hypercornFlags, environment), at })
  if (program === 'node' || program === 'nodejs' || ['npm', 'yarn', 'pnpm', 'npx', 'next'].includes(program))
    return readNode(program, rest, at, environment)
  if (program === 'java') return readJava(rest, at, environment)
  if (program === 'puma' || (program === 'rails' && rest.some((each) => /^(s|server)$/.test(each.text))))
    return withDefaults({
      server: 'puma',
      values: flagValues([], [{ names: [], set: 'app.keepAliveSeconds', env: 'PUMA_PERSISTENT_TIMEOUT' }], environment),
      at,
    })
  if (program === 'dotnet') return withDefaults({ server: 'kestrel', values: {}, at })
  if (program === 'httpd' || program === 'httpd-foreground' || program === 'apache2-foreground')
    return withDefaults({ server: 'httpd', values: {}, at })
  if (program === 'waitress-serve') return withDefaults({ server: 'waitress', values: {}, at })
  return null
}

function readGunicorn(rest: readonly Word[], at: Place | null, environment: Environment): AppSettings {
  const fromEnvironment = environment.get('GUNICORN_CMD_ARGS')
  const extra = fromEnvironment
    ? fromEnvironment.text.split(/\s+/).map((text) => ({ text, at: fromEnvironment.at }))
    : []
  // The command line wins over GUNICORN_CMD_ARGS, so it comes last.
  const all = [...extra, ...rest]
  const workerClass = valueAfter(all, ['--worker-class', '-k'])?.text ?? 'sync'
  const threads = Number(valueAfter(all, ['--threads'])?.text ?? 1)
  const bind = valueAfter(all, ['--bind', '-b'])?.text
  const port = Number(/:(\d+)$/.exec(bind ?? ':8000')?.[1] ?? 8000)
  return withDefaults({
    server: gunicornKind(workerClass, threads),
    values: flagValues(all, gunicornFlags, new Map()),
    port,
    at,
  })
}

/** More than one thread turns sync workers into gthread (gunicorn does so itself). */
export function gunicornKind(workerClass: string, threads: number): string {
  if (/uvicorn/i.test(workerClass)) return 'gunicorn-uvicorn'
  if (workerClass === 'sync') return threads > 1 ? 'gunicorn-gthread' : 'gunicorn-sync'
  return 'gunicorn-gthread'
}

function readNode(
  program: string,
  rest: readonly Word[],
  at: Place | null,
  environment: Environment,
): AppSettings | null {
  const isPackageManager = ['npm', 'yarn', 'pnpm', 'npx'].includes(program)
  if (isPackageManager && !rest.some((word) => /^(start|serve|next|run)$/.test(word.text))) return null
  const values: Partial<Record<SettingId, ChainValue>> = {}
  // `next start --keepAliveTimeout 75000` is the one Node server with a flag for it.
  const keepAlive = valueAfter(rest, ['--keepAliveTimeout'])
  if (keepAlive && /^\d+$/.test(keepAlive.text))
    values['app.keepAliveSeconds'] = given(
      Number(keepAlive.text) / 1000,
      keepAlive.at,
      `--keepAliveTimeout ${keepAlive.text}`,
    )
  const fromEnvironment = environment.get('KEEP_ALIVE_TIMEOUT')
  if (
    !keepAlive &&
    fromEnvironment &&
    /^\d+$/.test(fromEnvironment.text) &&
    rest.some((word) => /next|server\.js/.test(word.text))
  )
    values['app.keepAliveSeconds'] = given(
      Number(fromEnvironment.text) / 1000,
      fromEnvironment.at,
      `KEEP_ALIVE_TIMEOUT=${fromEnvironment.text}`,
    )
  return withDefaults({ server: 'node', values, at })
}

function readJava(rest: readonly Word[], at: Place | null, environment: Environment): AppSettings | null {
  const values: Partial<Record<SettingId, ChainValue>> = {}
  const options = [
    ...rest,
    ...(environment.get('JAVA_TOOL_OPTIONS')?.text.split(/\s+/) ?? []).map((text) => ({
      text,
      at: environment.get('JAVA_TOOL_OPTIONS')?.at ?? null,
    })),
  ]
  const property = (name: string): Word | undefined => {
    for (const word of options)
      for (const prefix of [`-D${name}=`, `--${name}=`])
        if (word.text.startsWith(prefix)) return { text: word.text.slice(prefix.length), at: word.at }
    const upper = name.toUpperCase().replaceAll('.', '_')
    return environment.get(upper.replaceAll('-', '')) ?? environment.get(upper.replaceAll('-', '_'))
  }
  const isSpring =
    options.some((word) => /^(-D|--)(server|spring)\./.test(word.text)) ||
    [...environment.keys()].some((name) => /^(SPRING_|SERVER_(TOMCAT|PORT|SHUTDOWN))/.test(name))
  const keepAlive = property('server.tomcat.keep-alive-timeout') ?? property('server.tomcat.connection-timeout')
  const seconds = keepAlive ? springSeconds(keepAlive.text) : undefined
  if (keepAlive && seconds !== undefined)
    values['app.keepAliveSeconds'] = given(
      seconds < 0 ? Number.POSITIVE_INFINITY : seconds,
      keepAlive.at,
      `server.tomcat.keep-alive-timeout=${keepAlive.text}`,
    )
  const accept = property('server.tomcat.accept-count')
  if (accept && /^\d+$/.test(accept.text))
    values['app.backlog'] = given(Number(accept.text), accept.at, `server.tomcat.accept-count=${accept.text}`)
  const phase = property('spring.lifecycle.timeout-per-shutdown-phase')
  const drain = phase ? springSeconds(phase.text) : undefined
  if (phase && drain !== undefined)
    values['app.gracefulShutdownSeconds'] = given(drain, phase.at, `timeout-per-shutdown-phase=${phase.text}`)
  const port = property('server.port')?.text
  return withDefaults({
    server: isSpring ? 'spring-boot' : null,
    values,
    port: port && /^\d+$/.test(port) ? Number(port) : null,
    at,
    notes: isSpring
      ? []
      : ['java: Tomcat (60 s), Jetty (30 s) or Undertow (60 s)? The keep-alive is in the application.'],
  })
}

function flagValues(
  words: readonly Word[],
  flags: readonly Flag[],
  environment: Environment,
): Partial<Record<SettingId, ChainValue>> {
  const values: Partial<Record<SettingId, ChainValue>> = {}
  for (const flag of flags) {
    const word = valueAfter(words, flag.names)
    if (word && /^\d+(\.\d+)?$/.test(word.text)) {
      values[flag.set] = given(Number(word.text), word.at, `${flag.names[0]} ${word.text}`)
      continue
    }
    const fromEnvironment = flag.env ? environment.get(flag.env) : undefined
    if (!word && fromEnvironment && /^\d+$/.test(fromEnvironment.text))
      values[flag.set] = given(Number(fromEnvironment.text), fromEnvironment.at, `${flag.env}=${fromEnvironment.text}`)
  }
  return values
}

/** The last one wins, as in the servers' own parsers. `--flag value` and `--flag=value`. */
function valueAfter(words: readonly Word[], names: readonly string[]): Word | undefined {
  let found: Word | undefined
  words.forEach((word, index) => {
    for (const name of names) {
      const following = words[index + 1]
      if (word.text === name && following) found = { text: following.text, at: word.at }
      else if (word.text.startsWith(`${name}=`)) found = { text: word.text.slice(name.length + 1), at: word.at }
    }
  })
  return found
}

function numberAfter(words: readonly Word[], names: readonly string[]): number | null {
  const text = valueAfter(words, names)?.text
  return text && /^\d+$/.test(text) ? Number(text) : null
}

function untilOperator(words: readonly Word[], from: number): readonly Word[] {
  const end = words.findIndex((word, index) => index >= from && /^(;|&&|\|\||\||&)$/.test(word.text))
  return words.slice(from, end === -1 ? undefined : end)
}

export function given(value: number, at: Place | null, because: string): ChainValue {
  return { value, source: 'given', at, because }
}
