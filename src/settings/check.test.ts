import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CheckResult, checkFiles } from './check.ts'
import type { FileHost, SourceFile } from './read/source-file.ts'

const nothing: FileHost = { read: () => undefined, glob: () => [] }

function fixture(name: string): SourceFile {
  return { name, text: readFileSync(new URL(`../../fixtures/settings/${name}`, import.meta.url), 'utf8') }
}

function check(...names: string[]): CheckResult {
  return checkFiles(names.map(fixture), nothing)
}

function lines(result: CheckResult): string[] {
  return result.findings.map(({ at, rule, severity }) => `${at.line} ${severity} ${rule}`)
}

test('settings in order have nothing to be said about', () => {
  const result = check('good.yaml')
  expect(result.findings).toEqual([])
  expect(result.ways).toEqual(['Ingress shop -> Service shop -> Deployment shop'])
})

test('a sidecar and its app are judged as one way, on the lines where one would edit', () => {
  expect(lines(check('sidecar.yaml'))).toEqual([
    '49 error upstream-keepalive-not-below-app-keepalive',
    '7 warning open-files-below-worker-connections',
    '17 warning read-timeout-not-below-idle-timeout',
    '41 warning proxy-ends-before-app',
    '49 warning recycling-without-jitter',
    '49 warning worker-kill-not-below-read-timeout',
  ])
})

test('gunicorn gives UvicornWorker its own two seconds', () => {
  const [finding] = check('sidecar.yaml').findings
  expect(finding?.message).toContain('gunicorn with UvicornWorker takes 2')
  expect(finding?.change).toEqual({ set: 'app.keepAliveSeconds', to: 75, server: 'gunicorn-uvicorn' })
})

test('annotations that AWS or the controller would refuse are findings', () => {
  expect(lines(check('bad-annotations.yaml'))).toEqual([
    '7 error value-not-a-number',
    '8 error value-out-of-range',
    '10 error value-not-a-number',
    '11 error attribute-without-value',
    '11 error slow-start-with-least-outstanding',
    '11 error value-out-of-range',
    '9 warning annotation-misspelt',
  ])
})

test('an unrendered Helm template says what to run; braces inside a rendered string do not', () => {
  const [finding] = check('helm-template.yaml').findings
  expect(finding).toMatchObject({ rule: 'template-not-rendered', at: { line: 4 } })
  expect(finding?.write).toContain('helm template')
  expect(check('prometheus-rule.yaml').findings).toEqual([])
})

test('a template of another tool, found in a folder, is noted; given by name, or a manifest, it is an error', () => {
  const text = '%{ if tracing }\nenabled: true\n%{ endif }\n'
  const rulesOf = (file: { text: string; isFound: boolean }): string[] =>
    checkFiles([{ name: 'values.yaml', ...file }], { read: () => undefined, glob: () => [] }).findings.map(
      (finding) => finding.rule,
    )
  expect(rulesOf({ text, isFound: true })).toEqual([])
  expect(rulesOf({ text, isFound: false })).toEqual(['not-yaml'])
  expect(rulesOf({ text: `apiVersion: v1\nkind: Service\n${text}`, isFound: true })).toEqual(['not-yaml'])
})

test.each([
  ['brackets', '['.repeat(20_000)],
  ['braces of JSON', '{"a":'.repeat(20_000)],
  ['lists in lists', '- '.repeat(20_000)],
  ['indentation', Array.from({ length: 2_100 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
])('a hostile depth of %s is said to be no YAML', (_what, text) => {
  const { findings } = checkFiles([{ name: 'deep.yaml', text }], { read: () => undefined, glob: () => [] })
  expect(findings).toMatchObject([{ rule: 'not-yaml', message: 'nested deeper than any manifest.' }])
})

test('a chart that nobody rendered is one finding, however many templates it has', () => {
  const template = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n'
  const files = ['charts/shop/templates/a.yaml', 'charts/shop/templates/b/c.yaml', 'charts/till/templates/a.yaml']
  const { findings } = checkFiles(
    files.map((name) => ({ name, text: template })),
    { read: () => undefined, glob: () => [] },
  )
  expect(findings.map((finding) => finding.at.file)).toEqual([files[0], files[2]])
  expect(findings[0]?.message).toContain('and 1 more in charts/shop/templates/')
})

test('what is needed is said of the setting that one would change', () => {
  const text =
    'http { server { listen 80; location / { proxy_pass http://127.0.0.1:8000; proxy_connect_timeout 30s; } } }'
  const { findings } = checkFiles([{ name: 'nginx.conf', text }], { read: () => undefined, glob: () => [] })
  const connect = findings.find((finding) => finding.rule === 'connect-timeout-not-below-ten-seconds')
  expect(connect?.message).toMatch(/Needed: less than \d+, found: 30\./)
})

test('a Deployment that recreates its pod for a volume is a note, one that need not is an error', () => {
  const manifest = (volumes: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: files }
spec:
  ingressClassName: alb
  defaultBackend: { service: { name: files, port: { number: 80 } } }
---
apiVersion: v1
kind: Service
metadata: { name: files }
spec: { type: NodePort, selector: { app: files }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: files }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: files } }
  template:
    metadata: { labels: { app: files } }
    spec:
      containers: [{ name: files, image: 'files:1' }]
${volumes}`
  const rolesOf = (text: string): string[] =>
    checkFiles([{ name: 'files.yaml', text }], { read: () => undefined, glob: () => [] })
      .findings.filter((finding) => /recreate|rollout/.test(finding.rule))
      .map((finding) => `${finding.severity} ${finding.rule}`)
  const claim = '      volumes: [{ name: data, persistentVolumeClaim: { claimName: files } }]\n'
  expect(rolesOf(manifest(claim))).toEqual(['note recreate-for-a-volume'])
  expect(rolesOf(manifest('      volumes: [{ name: data, emptyDir: {} }]\n'))).toEqual([
    'error rollout-empties-service',
  ])
})

test('two Deployments behind one Service are both checked, and it is said', () => {
  const result = check('two-workloads.yaml')
  expect(result.ways).toHaveLength(2)
  expect(lines(result)).toContain('1 note two-workloads-behind-one-service')
  expect(lines(result).filter((line) => line.includes('app-keepalive'))).toEqual([
    '22 error app-keepalive-not-above-idle-timeout',
  ])
})

test('what AWS says is in force changes what the app needs', () => {
  const result = check('good.yaml', 'load-balancer-attributes.json', 'target-group-attributes.json')
  expect(result.findings).toHaveLength(1)
  expect(result.findings[0]?.change).toMatchObject({ set: 'app.keepAliveSeconds', to: 135 })
})

test('an annotation that is not in force is a finding', () => {
  const file = fixture('good.yaml')
  const text = file.text.replace(
    'target-type: ip }',
    'target-type: ip, alb.ingress.kubernetes.io/load-balancer-attributes: "idle_timeout.timeout_seconds=55" }',
  )
  const result = checkFiles([{ name: 'k8s.yaml', text }, fixture('load-balancer-attributes.json')], nothing)
  expect(result.findings.map((finding) => finding.rule)).toContain('settings-disagree')
})

test('a Terraform plan is judged resource by resource, network load balancers are left out', () => {
  const result = check('terraform-plan.json')
  expect(result.findings.map((finding) => `${finding.rule} ${finding.at.line}`)).toEqual([
    'health-check-timeout-not-below-interval 11',
    'idle-timeout-not-below-connection-tracking 9',
    'slow-detection-of-a-dead-target 11',
  ])
})

test('every target unhealthy is said to be fail-open, not 503', () => {
  expect(check('target-health.json').findings[0]?.message).toContain('sends to all of them')
})

test('assignments of gunicorn.conf.py count, computed ones are noted', () => {
  const result = check('gunicorn.conf.py')
  expect(lines(result)).toEqual([
    '7 error app-keepalive-not-above-idle-timeout',
    '8 warning worker-kill-not-below-idle-timeout',
  ])
  expect(result.notes.join()).toContain('backlog is computed')
})

test('only the last stage of a Dockerfile runs', () => {
  expect(lines(check('Dockerfile'))).toEqual([
    '7 error app-keepalive-not-above-idle-timeout',
    '4 warning backlog-smaller-than-burst',
  ])
})

test("HAProxy's keep-alive falls back to the client timeout, and its queue counts towards the silence", () => {
  expect(lines(check('haproxy.cfg'))).toEqual([
    '4 error proxy-keepalive-not-above-idle-timeout',
    '5 warning queue-and-read-timeout-not-below-idle-timeout',
  ])
})

test('includes are read where they stand, and an ignore needs its reason', () => {
  const folder = ['nginx-folder/nginx.conf', 'nginx-folder/conf.d/shop.conf'].map(fixture)
  const host: FileHost = {
    read: (path) => folder.find((file) => file.name === path)?.text,
    glob: (pattern) => (pattern === 'nginx-folder/conf.d/*.conf' ? ['nginx-folder/conf.d/shop.conf'] : []),
  }
  const result = checkFiles(folder, host)
  const found = result.findings.map(({ at, rule }) => `${at.file.slice(13)}:${at.line} ${rule}`)
  expect(found).toContain('nginx.conf:6 proxy-keepalive-not-above-idle-timeout')
  expect(found).toContain('nginx.conf:5 include-missing')
  expect(found).toContain('conf.d/shop.conf:2 max-conns-without-queue')
  expect(found).toContain('conf.d/shop.conf:9 read-timeout-not-below-idle-timeout')
  expect(result.ignored.map((each) => each.because)).toEqual(['search may take 90 s, its clients wait'])
  expect(result.notes.join()).toContain('$search_host')
  const unreasoned = folder.map((file) => ({
    ...file,
    text: file.text.replace(': search may take 90 s, its clients wait', ''),
  }))
  const rules = checkFiles(unreasoned, host).findings.map((finding) => finding.rule)
  expect(rules).toContain('ignore-without-reason')
})

test('without a load balancer in the files its rules are not applied, and that is said', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, command: [uvicorn, "a:b"]}]}\n'
  const result = checkFiles([{ name: 'pod.yaml', text }], nothing)
  expect(result.findings).toEqual([])
  expect(result.notes.join()).toContain('no load balancer in the given files')
})

test('a server whose keep-alive is set in code is a note, not an error', () => {
  const text = fixture('good.yaml').text.replace(/args: .*/, 'args: [node, server.js]')
  const [finding] = checkFiles([{ name: 'k8s.yaml', text }], nothing).findings
  expect(finding).toMatchObject({ rule: 'app-keepalive-not-above-idle-timeout', severity: 'note' })
})

test('anything at all is survived', () => {
  const pieces = [
    'apiVersion: v1\n',
    'kind: Deployment\n',
    'spec: *x\n',
    '- &x [',
    '{{',
    '}',
    '{',
    ';',
    'server',
    '"',
    "'",
    '\\',
    '\n',
    '\0',
    '🙂',
    'timeout x',
    'upstream a {',
    'FROM x\nCMD ["',
    '<<: *x\n',
    '? ',
    '!!binary x',
  ]
  const names = ['a.yaml', 'nginx.conf', 'haproxy.cfg', 'Dockerfile', 'gunicorn.conf.py', 'a.json', 'stdin']
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 40 }),
      fc.constantFrom(...names),
      (parts, name) => {
        const result = checkFiles([{ name, text: parts.join('') }], nothing)
        for (const finding of result.findings) expect(finding.at.line).toBeGreaterThan(0)
      },
    ),
    { numRuns: 300 },
  )
})
