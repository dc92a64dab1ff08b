import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labFolder, type PythonFlavour } from './python.ts'
import type { AppSettings, GunicornServer, HaproxyServer, NginxServer, Server, UvicornServer } from './server.ts'

export interface LaunchContext {
  readonly python: PythonFlavour | undefined
  /** A folder of this container, for configuration and pid files. */
  readonly folder: string
  readonly port: number
  /** The port of the container behind a proxy. */
  readonly appPort: number
  readonly seenFile: string
  readonly errorsFile: string
  /** Files there are faults inside the application. */
  readonly switchFolder: string
  readonly accessLog: string
  readonly errorLog: string
}

export interface Launch {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What the container runtime sends first; the official nginx image says SIGQUIT. */
  readonly stopSignal: NodeJS.Signals
}

/** The command line of a server. Writes its configuration file where it needs one. */
export function launch(server: Server, context: LaunchContext): Launch {
  switch (server.kind) {
    case 'uvicorn': {
      if (server.isTls) writeCertificate(context.folder)
      return {
        argv: [pythonOf(context), '-m', 'uvicorn', ...uvicornArguments(server, context.port, context.folder)],
        env: { ...pythonEnvironment(context), ...appEnvironment(server.app, context) },
        stopSignal: 'SIGTERM',
      }
    }
    case 'gunicorn':
      return {
        argv: [pythonOf(context), '-m', 'gunicorn', ...gunicornArguments(server, context.port, context.python?.origin)],
        env: { ...pythonEnvironment(context), ...appEnvironment(server.app, context) },
        stopSignal: 'SIGTERM',
      }
    case 'node': {
      const keepAlive = server.keepAliveMs === undefined ? {} : { LAB_KEEP_ALIVE_MS: String(server.keepAliveMs) }
      return {
        argv: [process.execPath, join(labFolder, 'apps/shop.mjs')],
        env: { PORT: String(context.port), ...keepAlive, ...appEnvironment(server.app, context) },
        stopSignal: 'SIGTERM',
      }
    }
    case 'nginx': {
      const file = writeConfiguration(context, 'nginx.conf', nginxConfiguration(server, context))
      return {
        argv: ['nginx', '-c', file, '-e', context.errorLog, '-g', 'daemon off;'],
        env: {},
        stopSignal: 'SIGQUIT',
      }
    }
    case 'haproxy': {
      const file = writeConfiguration(context, 'haproxy.cfg', haproxyConfiguration(server, context))
      return { argv: ['haproxy', '-W', '-db', '-f', file], env: {}, stopSignal: 'SIGUSR1' }
    }
  }
}

/** The command as it stands in the manifest. */
export function launchCommand(server: Server, port: number): readonly string[] {
  switch (server.kind) {
    case 'uvicorn':
      return ['uvicorn', ...uvicornArguments(server, port, '/etc/tls')]
    case 'gunicorn':
      return ['gunicorn', ...gunicornArguments(server, port, 'requirements')]
    case 'node':
      return ['node', 'shop.mjs']
    case 'nginx':
      return ['nginx', '-c', '/etc/nginx/nginx.conf']
    case 'haproxy':
      return ['haproxy', '-W', '-db', '-f', '/etc/haproxy/haproxy.cfg']
  }
}

function uvicornArguments(server: UvicornServer, port: number, folder: string): string[] {
  const place = ['--host', '0.0.0.0', '--port', String(port)]
  const tls = ['--ssl-keyfile', `${folder}/tls.key`, '--ssl-certfile', `${folder}/tls.crt`]
  return ['shop:app', ...place, '--no-access-log', ...uvicornFlags(server), ...(server.isTls ? tls : [])]
}

function gunicornArguments(
  server: GunicornServer,
  port: number,
  origin: PythonFlavour['origin'] | undefined,
): string[] {
  const isUvicorn = server.workerClass === 'uvicorn'
  const uvicornClass = origin === 'debian' ? 'uvicorn.workers.UvicornWorker' : 'uvicorn_worker.UvicornWorker'
  const flags: readonly [string, number | undefined][] = [
    ['--workers', server.workers],
    ['--threads', server.threads],
    ['--timeout', server.timeoutSeconds],
    ['--keep-alive', server.keepAliveSeconds],
    ['--backlog', server.backlog],
    ['--graceful-timeout', server.gracefulSeconds],
    ['--max-requests', server.maxRequests],
  ]
  return [
    isUvicorn ? 'shop:app' : 'shop_wsgi:app',
    '--bind',
    `0.0.0.0:${port}`,
    '--worker-class',
    isUvicorn ? uvicornClass : server.workerClass,
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
  ]
}

/** A certificate that nobody trusts: load balancers do not ask. */
function writeCertificate(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    join(folder, 'tls.key'),
  ]
  const subject = ['-subj', '/CN=www.shop.example', '-days', '2', '-out', join(folder, 'tls.crt')]
  execFileSync('openssl', ['req', '-x509', ...key, ...subject], { stdio: 'ignore' })
}

function uvicornFlags(server: UvicornServer): string[] {
  const flags: readonly [string, number | undefined][] = [
    ['--timeout-keep-alive', server.keepAliveSeconds],
    ['--backlog', server.backlog],
    ['--timeout-graceful-shutdown', server.gracefulSeconds],
    ['--limit-concurrency', server.limitConcurrency],
  ]
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))
}

function pythonOf(context: LaunchContext): string {
  if (!context.python) throw new Error('A Python server needs a Python flavour')
  return context.python.python
}

function pythonEnvironment(context: LaunchContext): Record<string, string> {
  // Bytecode goes to the run's folder: the package may be installed read-only.
  return {
    PYTHONPATH: join(labFolder, 'apps'),
    PYTHONUNBUFFERED: '1',
    PYTHONPYCACHEPREFIX: join(context.folder, 'pycache'),
  }
}

function appEnvironment(app: AppSettings | undefined, context: LaunchContext): Record<string, string> {
  const settings: readonly [string, number | undefined][] = [
    ['LAB_REPORT_SECONDS', app?.reportSeconds],
    ['LAB_HISTORY_SECONDS', app?.historySeconds],
    ['LAB_DOWNLOAD_SECONDS', app?.downloadSeconds],
    ['LAB_DOWNLOAD_MB', app?.downloadMb],
    ['LAB_MEMORY_LIMIT_MB', app?.memoryLimitMb],
    ['LAB_START_SECONDS', app?.startSeconds],
    ['LAB_HEADER_BYTES', app?.headerBytes],
    ['LAB_CONNECTION_CLOSED', app?.isConnectionClosed ? 1 : undefined],
    ['LAB_COLD_SECONDS', app?.coldSeconds],
    ['LAB_COLD_QUERY_SECONDS', app?.coldQuerySeconds],
    ['LAB_QUOTE_CPU_SECONDS', app?.quoteCpuSeconds],
    ['LAB_DEPENDENCY_SECONDS', app?.dependencySeconds],
    ['LAB_UPLOAD_DRAINED', app?.isUploadDrained ? 1 : undefined],
    ['LAB_REPORT_IN_THREADS', app?.isReportThreaded ? 1 : undefined],
    ['LAB_HISTORY_IS_A_JOB', app?.isHistoryAJob ? 1 : undefined],
    ['LAB_HEAD_IS_THE_SERVERS', app?.isHeadTheServers ? 1 : undefined],
  ]
  return {
    LAB_SEEN_FILE: context.seenFile,
    LAB_ERRORS_FILE: context.errorsFile,
    LAB_SWITCHES: context.switchFolder,
    ...Object.fromEntries(settings.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))),
  }
}

function writeConfiguration(context: LaunchContext, name: string, text: string): string {
  mkdirSync(context.folder, { recursive: true })
  const file = join(context.folder, name)
  writeFileSync(file, text)
  return file
}

export function nginxConfiguration(
  server: NginxServer,
  context: Pick<LaunchContext, 'port' | 'appPort' | 'folder' | 'accessLog' | 'errorLog'>,
): string {
  const fill = (line: string): string => line.replaceAll('{port}', String(context.appPort))
  if (server.configuration !== undefined)
    // Several pods share one file system here: what is the container's own in a cluster goes to its folder.
    return fill(server.configuration)
      .replaceAll('/tmp/', `${context.folder}/`)
      .replaceAll('/dev/stdout', context.accessLog)
      .replaceAll('error_log stderr', `error_log ${context.errorLog}`)
  const probe = server.answersProbe
    ? '    location = /healthz { access_log off; return 200 "ok"; }\n    location = /livez { access_log off; return 200 "ok"; }\n'
    : ''
  return `worker_processes ${server.workerProcesses ?? 1};
user root;
pid ${context.folder}/nginx.pid;
error_log ${context.errorLog} warn;
events { worker_connections ${server.workerConnections ?? 1024}; }
http {
  log_format shop '$remote_addr - [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time '
                  'uct=$upstream_connect_time urt=$upstream_response_time us=$upstream_status trace=$http_x_amzn_trace_id';
  access_log ${context.accessLog} shop;
  client_body_temp_path ${context.folder}/body;
  proxy_temp_path ${context.folder}/proxy;
  fastcgi_temp_path ${context.folder}/fastcgi;
  uwsgi_temp_path ${context.folder}/uwsgi;
  scgi_temp_path ${context.folder}/scgi;
  keepalive_timeout ${server.keepaliveSeconds ?? 75}s;
${(server.http ?? []).map((line) => `  ${fill(line)}\n`).join('')}  upstream app {
${server.upstream.map((line) => `    ${fill(line)}\n`).join('')}  }
  server {
    listen ${context.port} backlog=4096;
${probe}    location / {
      proxy_pass ${server.passTo ?? 'http://app'};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
${server.location.map((line) => `      ${fill(line)}\n`).join('')}    }
  }
}
`
}

export function haproxyConfiguration(server: HaproxyServer, context: Pick<LaunchContext, 'port' | 'appPort'>): string {
  if (server.configuration !== undefined) return server.configuration.replaceAll('{port}', String(context.appPort))
  const probe = server.answersProbe ? '  monitor-uri /healthz\n' : ''
  const queue = server.maxQueue === undefined ? '' : ` maxqueue ${server.maxQueue}`
  return `global
  maxconn 8192
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 75s
  timeout http-keep-alive 75s
  timeout http-request 10s
${server.isIdleKept ? '  option idle-close-on-response\n' : ''}  timeout server ${server.serverSeconds}s
  timeout queue ${server.queueSeconds}s
  retry-on conn-failure
frontend web
  bind :${context.port}
${probe}  http-request capture req.hdr(X-Amzn-Trace-Id) len 60
  default_backend app
backend app
  server app 127.0.0.1:${context.appPort} maxconn ${server.maxConnections}${queue}
`
}
