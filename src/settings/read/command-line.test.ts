import { expect, test } from 'vitest'
import { readCommandLine } from './command-line.ts'
import { splitShell } from './words.ts'

function keepAlive(
  command: string,
  environment: Record<string, string> = {},
): [string | null, number | undefined] | null {
  const words = splitShell(command, () => null)
  const map = new Map(Object.entries(environment).map(([name, text]) => [name, { text, at: null }]))
  const app = readCommandLine(words, map)
  return app ? [app.server, app.values['app.keepAliveSeconds']?.value] : null
}

test.each([
  ['uvicorn a:b', ['uvicorn', 5]],
  ['exec uvicorn a:b --timeout-keep-alive=75', ['uvicorn', 75]],
  ['/venv/bin/python3.12 -m uvicorn a:b --timeout-keep-alive 75', ['uvicorn', 75]],
  ['alembic upgrade head && PORT=1 uvicorn a:b', ['uvicorn', 5]],
  ['fastapi run --port 80', ['uvicorn', 5]],
  ['poetry run gunicorn -k uvicorn_worker.UvicornWorker a:b', ['gunicorn-uvicorn', 2]],
  ['gunicorn --threads 4 a:b', ['gunicorn-gthread', 2]],
  ['opentelemetry-instrument gunicorn -k gevent --keep-alive 75 a:b', ['gunicorn-gthread', 75]],
  ['node server.js', ['node', 5]],
  ['next start --keepAliveTimeout 75000', ['node', 75]],
  ['npm start', ['node', 5]],
  ['java -Dserver.tomcat.keep-alive-timeout=75s -jar app.jar', ['spring-boot', 75]],
  ['bundle exec puma', ['puma', 65]],
])('%s', (command, expected) => {
  expect(keepAlive(command)).toEqual(expected)
})

test.each(['npm ci', 'python uvicorn.py', 'echo uvicorn', 'cat /etc/gunicorn', 'sleep 5'])(
  '%s starts no server that we know',
  (command) => {
    expect(keepAlive(command)).toBeNull()
  },
)

test('environment variables say the same as flags, flags win', () => {
  expect(keepAlive('uvicorn a:b', { UVICORN_TIMEOUT_KEEP_ALIVE: '90' })).toEqual(['uvicorn', 90])
  expect(keepAlive('uvicorn a:b --timeout-keep-alive 8', { UVICORN_TIMEOUT_KEEP_ALIVE: '90' })).toEqual(['uvicorn', 8])
  expect(keepAlive('gunicorn -k gthread a:b', { GUNICORN_CMD_ARGS: '--keep-alive 30' })).toEqual([
    'gunicorn-gthread',
    30,
  ])
  expect(keepAlive('java -jar a.jar', { SERVER_TOMCAT_KEEPALIVETIMEOUT: '75s' })).toEqual(['spring-boot', 75])
})

test('a plain java command is a note: three servers are possible', () => {
  const app = readCommandLine(splitShell('java -jar a.jar', () => null))
  expect(app?.server).toBeNull()
  expect(app?.notes[0]).toContain('Jetty')
})
