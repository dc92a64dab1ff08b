import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Deployment } from 'kubernetes-models/apps/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { shopDiagnosis } from '../../src/testing/shop-diagnosis.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const story = 'fixtures/settings/story'
const scratch = mkdtempSync(join(tmpdir(), 'why5xx-fix-'))
const diagnosis = join(scratch, 'diagnosis.json')
writeFileSync(diagnosis, JSON.stringify(shopDiagnosis))

function why5xx(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { cwd: root, encoding: 'utf8' })
}

function has(program: string): boolean {
  return spawnSync(program, ['-v']).error === undefined
}

let folders = 0
function fix(...args: string[]): string {
  const output = join(scratch, `out-${folders++}`)
  const { status, stderr } = why5xx('fix', diagnosis, ...args, '--output', output)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return output
}

const kinds = { Deployment, Service, Ingress, ConfigMap, PodDisruptionBudget }

/** Against the Kubernetes schemas, offline. */
function validate(output: string): string[] {
  const seen: string[] = []
  for (const name of readdirSync(join(output, 'manifests'))) {
    const documents = parseAllDocuments(readFileSync(join(output, 'manifests', name), 'utf8'))
    for (const document of Array.isArray(documents) ? documents : []) {
      expect(document.errors, name).toEqual([])
      const object = document.toJS() as { kind: keyof typeof kinds; metadata: { name: string } }
      const Kind = kinds[object.kind]
      expect(() => new Kind(object as never).validate(), `${name} ${object.kind}`).not.toThrow()
      seen.push(`${object.kind} ${object.metadata.name}`)
    }
  }
  return seen.sort()
}

/** Names of a cluster are not resolvable here; the syntax is what is tested. */
function atHome(path: string): string {
  const local = `${path}.local`
  writeFileSync(
    local,
    readFileSync(path, 'utf8')
      .replace(/server [\w.-]+\.svc\.cluster\.local/, 'server 127.0.0.1')
      .replace(/server app [\w.-]+\.svc\.cluster\.local/, 'server app 127.0.0.1'),
  )
  return local
}

const combinations = [
  ['nginx', 'sidecar'],
  ['nginx', 'deployment'],
  ['haproxy', 'sidecar'],
  ['haproxy', 'deployment'],
  ['none', 'sidecar'],
] as const

test.each(combinations)(
  "the story's manifests with --front %s --as %s: check is silent, schemas and servers agree",
  (front, as) => {
    const output = fix('--settings', story, '--front', front, '--as', as)
    const checked = why5xx('check', output, '--fail-on', 'warning')
    expect(checked.stdout).toMatch(/^0 errors, 0 warnings, 0 notes;/)
    expect(checked.status).toBe(0)
    const objects = validate(output)
    expect(objects).toEqual(
      expect.arrayContaining(['Deployment shop', 'Ingress shop', 'Service shop', 'PodDisruptionBudget shop']),
    )
    if (front !== 'none') expect(objects).toContain('ConfigMap shop-proxy')
    if (front !== 'none' && as === 'deployment')
      expect(objects).toEqual(expect.arrayContaining(['Deployment shop-proxy', 'Service shop-proxy']))
    if (front === 'nginx' && has('nginx')) {
      // nginx opens /dev/stdout, which a socket (Node's pipes) is not good enough for.
      const log = join(output, 'nginx-t.log')
      const file = openSync(log, 'w')
      const { status } = spawnSync('nginx', ['-t', '-c', atHome(join(output, 'nginx.conf'))], {
        stdio: ['ignore', file, file],
      })
      closeSync(file)
      expect(readFileSync(log, 'utf8')).toContain('test is successful')
      expect(status).toBe(0)
    }
    if (front === 'haproxy' && has('haproxy')) {
      const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', atHome(join(output, 'haproxy.cfg'))], {
        encoding: 'utf8',
      })
      expect(`${stdout}${stderr}`).not.toContain('WARNING')
      expect(status).toBe(0)
    }
  },
)

const mendable = [
  ['nginx-upstream-header-too-big', ''],
  ['nginx-upstream-timeout', 'proxy_read_timeout 5s; proxy_connect_timeout 30s;'],
  ['proxy-sheds-idle-connections', 'proxy_buffers 4 4k;'],
  ['nginx-no-live-upstreams', 'proxy_buffer_size 4k;'],
] as const

test.runIf(has('nginx'))('nginx starts with what was mended, and so does the proxy that HAProxy is given', () => {
  const [finding] = shopDiagnosis.findings
  for (const [cause, line] of mendable) {
    const settings = mkdtempSync(join(scratch, 'nginx-'))
    writeFileSync(
      join(settings, 'nginx.conf'),
      `pid /tmp/why5xx-nginx-t.pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  upstream app { server 127.0.0.1:8000 max_conns=3; keepalive 4; }
  server { listen 8080; location / {
    proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
    ${line}
  } }
}
`,
    )
    const told = join(scratch, `${cause}.json`)
    writeFileSync(told, JSON.stringify({ ...shopDiagnosis, findings: [{ ...finding, cause, candidates: [] }] }))
    const output = join(scratch, `mended-${cause}`)
    expect(why5xx('fix', told, '--settings', settings, '--output', output)).toMatchObject({ status: 0, stderr: '' })
    const written = join(output, 'settings/nginx.conf')
    const { stderr } = spawnSync('nginx', ['-t', '-c', written], { encoding: 'utf8' })
    expect(stderr, readFileSync(written, 'utf8')).toContain('test is successful')
  }
})

test('fix.json says the same as the files', () => {
  const output = fix('--settings', story, '--front', 'nginx')
  const json = JSON.parse(readFileSync(join(output, 'fix.json'), 'utf8'))
  expect(json).toMatchObject({
    schemaVersion: 1,
    front: 'nginx',
    as: 'sidecar',
    app: { server: 'uvicorn', keepAliveSeconds: 75, flags: { '--timeout-keep-alive': '75' } },
    proxy: {
      kind: 'nginx',
      version: '1.22.1',
      config: 'nginx.conf',
      listenPort: 8080,
      appHost: '127.0.0.1',
      appPort: 8000,
    },
    pod: { preStopSeconds: 30 },
  })
  expect(readFileSync(join(output, 'nginx.conf'), 'utf8')).toContain('keepalive_timeout 75s;')
  for (const value of json.values) expect(value.because.length).toBeGreaterThan(10)
})

test('an old nginx gets only what it knows, a new one gets what helps', () => {
  const old = readFileSync(
    join(fix('--settings', story, '--front', 'nginx', '--nginx-version', '1.14'), 'nginx.conf'),
    'utf8',
  )
  expect(old).not.toContain('keepalive_min_timeout')
  expect(old).not.toMatch(/keepalive_timeout 60s/)
  const fresh = readFileSync(
    join(fix('--settings', story, '--front', 'nginx', '--nginx-version', '1.29.7'), 'nginx.conf'),
    'utf8',
  )
  expect(fresh).toContain('keepalive_min_timeout 65s;')
})

test('a uvicorn of unknown version gets no flag that old ones end at', () => {
  const flagsOf = (output: string): string[] =>
    Object.keys(JSON.parse(readFileSync(join(output, 'fix.json'), 'utf8')).app.flags)
  expect(flagsOf(fix('--settings', story))).not.toContain('--timeout-graceful-shutdown')
  expect(flagsOf(fix('--settings', story, '--app-version', '0.30.1'))).toContain('--timeout-graceful-shutdown')
})

test('--diff prints a patch that applies, and writes nothing', () => {
  const { stdout, status } = why5xx('fix', diagnosis, '--settings', story, '--diff')
  expect(status).toBe(0)
  const applied = spawnSync('git', ['apply', '--check', '-'], { cwd: root, input: stdout, encoding: 'utf8' })
  expect(applied.stderr).toBe('')
  const gone = stdout.split('\n').filter((line) => line.startsWith('-') && !line.startsWith('---'))
  expect(gone.length).toBeLessThan(8)
})

test('a folder that is not empty is not written to without --force', () => {
  const output = fix('--settings', story)
  expect(why5xx('fix', diagnosis, '--settings', story, '--output', output)).toMatchObject({ status: 2 })
  expect(why5xx('fix', diagnosis, '--settings', story, '--output', output, '--force').status).toBe(0)
})

test('without settings there is a patch, defaults are said to be defaults', () => {
  const output = fix('--front', 'haproxy')
  expect(existsSync(join(output, 'manifests/deployment-patch.yaml'))).toBe(true)
  expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain('A NodePort has no backlog')
})

test('a diagnosis of another schema version is refused', () => {
  const other = join(scratch, 'other.json')
  writeFileSync(other, JSON.stringify({ ...shopDiagnosis, schemaVersion: 7 }))
  const { status, stderr } = why5xx('fix', other, '--diff')
  expect(status).toBe(3)
  expect(stderr).toContain('schemaVersion 7')
})

test('what a stranger wrote into a log does not reach a configuration', () => {
  const evil = 'x"; } server { listen 1; } #\n$(touch /tmp/x)\u001b[31m'
  const text = JSON.stringify(shopDiagnosis, (key, value: unknown) =>
    typeof value === 'string' &&
    !/^(\d{4}-|certain|likely|possible|given|inferred|default|instance|ip|unknown|count|series|histogram|table|safe|review|why5xx|load-balancer|target|nobody|client|network|proxy|application)/.test(
      value,
    ) &&
    ['name', 'namespace', 'because', 'title', 'targetGroup', 'key', 'unit'].includes(key)
      ? evil
      : value,
  )
  const forged = join(scratch, 'forged.json')
  writeFileSync(forged, text)
  const output = join(scratch, 'forged')
  const { status } = why5xx('fix', forged, '--settings', story, '--front', 'nginx', '--output', output)
  expect(status).toBe(0)
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
      each.isDirectory() ? walk(join(folder, each.name)) : [join(folder, each.name)],
    )
  for (const path of walk(output)) {
    const content = readFileSync(path, 'utf8')
    expect(content, path).not.toContain('listen 1;')
    expect(content, path).not.toContain('touch')
    expect(content, path).not.toContain('\u001b')
  }
})

test('a pod that is busier than it can be is told how many pods it takes', () => {
  const busy = {
    ...shopDiagnosis,
    settings: {
      ...shopDiagnosis.settings,
      byTargetGroup: shopDiagnosis.settings.byTargetGroup.map((group) => ({
        ...group,
        concurrencyLimit: { value: 2, source: 'inferred', because: 'test' },
      })),
    },
    load: shopDiagnosis.load.map((row) => ({
      ...row,
      requestsPerSecond: { mean: 80, peak: 100 },
      serviceSeconds: { mean: 0.1, p50: 0.1, p99: 0.4, cv2: 1 },
    })),
  }
  const path = join(scratch, 'busy.json')
  writeFileSync(path, JSON.stringify(busy))
  const { stdout } = why5xx('fix', path, '--settings', story, '--front', 'haproxy', '--output', join(scratch, 'busy'))
  expect(stdout).toMatch(/! Capacity: .* % busy\. No queue helps/)
  expect(stdout).toMatch(/The answer is \d+ pods/)
})
