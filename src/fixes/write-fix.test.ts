import { expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { checkFiles } from '../settings/check.ts'
import type { FileHost } from '../settings/read/source-file.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { type WrittenFix, writeFix } from './write-fix.ts'

const noFiles: FileHost = { read: () => undefined, glob: () => [] }

/** The shop's diagnosis, as if its first finding had this cause and there were no other. */
function diagnosisOf(cause: string): Diagnosis {
  const [finding] = shopDiagnosis.findings
  if (!finding) throw new Error('no finding')
  return { ...shopDiagnosis, findings: [{ ...finding, cause, candidates: [] }] }
}

const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    alb.ingress.kubernetes.io/target-type: instance
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }
`

function service(more = ''): string {
  return `apiVersion: v1
kind: Service
metadata: { name: shop }
spec:
  type: NodePort
${more}  selector: { app: shop }
  ports: [{ port: 80, targetPort: web }]
`
}

function deployment(containers: string, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 2 # two are enough
${more}  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
${containers}`
}

const uvicorn = `        - name: app
          image: shop:1
          command: [uvicorn, 'shop:app', --port, '8000']
          ports: [{ name: web, containerPort: 8000 }]
          readinessProbe: { httpGet: { path: /ready, port: 8000 } }
`

const behindNginx = `        - name: nginx
          image: nginx:1.22.1
          ports: [{ name: web, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /ready, port: 8080 } }
          volumeMounts: [{ name: conf, mountPath: /etc/nginx }]
        - name: app
          image: shop:1
          command: [uvicorn, 'shop:app', --port, '8000']
      volumes: [{ name: conf, configMap: { name: shop-nginx } }]
`

function nginxMap(events: string, location: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: { name: shop-nginx }
data:
  nginx.conf: |
    events { ${events} }
    http {
      upstream app { server 127.0.0.1:8000; keepalive 8; }
      server {
        listen 8080;
        location / {
          # the app behind
          proxy_pass http://app;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
${location}        }
      }
    }
`
}

function fixed(cause: string, files: Readonly<Record<string, string>>): WrittenFix {
  const given = Object.entries(files).map(([name, text]) => ({ name, text }))
  return writeFix(diagnosisOf(cause), given, noFiles, {
    front: 'none',
    as: 'sidecar',
    nginxVersion: null,
    appVersion: null,
  })
}

function json(written: WrittenFix): Record<string, unknown> {
  return JSON.parse(written.files.get('fix.json') ?? '') as Record<string, unknown>
}

test('nodes without a pod: the Service lets every node forward, and says why', () => {
  const written = fixed('no-local-endpoint', {
    'ingress.yaml': ingress,
    'service.yaml': service('  externalTrafficPolicy: Local # for the client address\n'),
    'deployment.yaml': deployment(uvicorn),
  })
  expect(written.diff).toContain('+  externalTrafficPolicy: Cluster # for the client address')
  expect(written.diff).toMatch(/\+ {2}# .*X-Forwarded-For.*no-local-endpoint/)
  expect(json(written)).toMatchObject({ service: { externalTrafficPolicy: 'Cluster' } })
})

test('a node that took other pods’ traffic with it: pods become the targets, with a warning', () => {
  const written = fixed('node-removed-before-deregistration', {
    'ingress.yaml': ingress,
    'service.yaml': service(),
    'deployment.yaml': deployment(uvicorn),
  })
  expect(written.diff).toMatch(/\+ {4}alb\.ingress\.kubernetes\.io\/target-type: "?ip/)
  expect(written.warnings.join(' ')).toContain('VPC CNI')
})

test('a rollout that empties the target group gets room for a successor', () => {
  const strategy = '  strategy:\n    rollingUpdate: { maxSurge: 0, maxUnavailable: 2 }\n'
  const files = {
    'ingress.yaml': ingress,
    'service.yaml': service(),
    'deployment.yaml': deployment(uvicorn, strategy),
  }
  const given = Object.entries(files).map(([name, text]) => ({ name, text }))
  expect(checkFiles(given, noFiles).findings.map((finding) => finding.rule)).toContain('rollout-empties-service')
  const written = fixed('no-registered-targets', files)
  expect(written.files.get('manifests/deployment.yaml')).toMatch(/maxSurge: "?25%"?, maxUnavailable: 0/)
  expect(written.files.get('manifests/deployment.yaml')).toContain('replicas: 2 # two are enough')
  expect(written.left).toEqual([])
})

test('a worker killed in the middle of a slow request gets until the load balancer gives up', () => {
  const gunicorn = uvicorn.replace(
    "[uvicorn, 'shop:app', --port, '8000']",
    "[gunicorn, 'shop:app', -k, uvicorn_worker.UvicornWorker, --timeout, '5', --bind, '0.0.0.0:8000']",
  )
  const files = { 'ingress.yaml': ingress, 'service.yaml': service(), 'deployment.yaml': deployment(gunicorn) }
  const written = fixed('worker-timeout', files)
  expect(json(written)).toMatchObject({ app: { workerKillSeconds: 45, flags: { '--timeout': '45' } } })
  expect(written.files.get('manifests/deployment.yaml')).toMatch(/--timeout, "?'?45/)
  const other = fixed('keepalive-shorter-than-idle-timeout', files)
  expect(other.files.get('manifests/deployment.yaml')).toMatch(/--timeout, "?'?5"?'?,/)
})

const nginxCases = [
  ['nginx-upstream-timeout', 'proxy_read_timeout 5s;', /proxy_read_timeout 50s;/],
  ['proxy-sheds-idle-connections', '', /worker_connections 4096;/],
  ['nginx-upstream-header-too-big', '', /proxy_buffer_size 16k;\n +proxy_busy_buffers_size 16k;/],
] as const

test.each(nginxCases)(
  'nginx that is there already is mended for %s, and nothing else in it',
  (cause, line, expected) => {
    const location = line === '' ? '' : `          ${line}\n`
    const files = {
      'ingress.yaml': ingress,
      'service.yaml': service(),
      'deployment.yaml': deployment(behindNginx),
      'nginx.yaml': nginxMap('worker_connections 48;', location),
    }
    const written = fixed(cause, files)
    const conf = written.files.get('nginx.conf') ?? ''
    expect(conf).toMatch(expected)
    expect(conf).toContain(`prevents ${cause}`)
    expect(conf).toContain('# the app behind')
    expect(json(written)).toMatchObject({ proxy: null, mendedProxy: { kind: 'nginx', config: 'nginx.conf' } })
    const changed = written.diff
      .split('\n')
      .filter((each) => each.startsWith('-') && !each.startsWith('---'))
      .filter((each) => each.includes('proxy_') || each.includes('worker_'))
    expect(changed.length).toBe(cause === 'nginx-upstream-header-too-big' ? 0 : 1)
    const values = json(written).values as { set: string }[]
    expect(values.filter((value) => value.set === 'proxy.queueTimeoutSeconds')).toEqual([])
  },
)

test('a busy pod that nobody asked gets a probe, and one that lets a stall pass', () => {
  const files = {
    'ingress.yaml': ingress,
    'service.yaml': service(),
    'deployment.yaml': deployment(uvicorn.replace(/ +readinessProbe.*\n/, '')),
  }
  const busy = fixed('listen-backlog-overflow', files)
  expect(busy.files.get('manifests/deployment.yaml')).toMatch(/periodSeconds: 5[\s\S]*failureThreshold: 12/)
  expect(json(busy)).toMatchObject({ pod: { addedReadiness: { path: null }, readiness: { failureThreshold: 12 } } })
  const other = fixed('connection-refused', files)
  expect(other.files.get('manifests/deployment.yaml')).toContain('failureThreshold: 2')
})

test('what is in force already is no value, and a proxy without a queue gets no queue', () => {
  const files = {
    'ingress.yaml': ingress.replace(
      'target-type: instance',
      "target-type: instance\n    alb.ingress.kubernetes.io/unhealthy-threshold-count: '4'",
    ),
    'service.yaml': service(),
    'deployment.yaml': deployment(uvicorn.replace('--port', '--timeout-keep-alive, "75", --port')),
  }
  const given = Object.entries(files).map(([name, text]) => ({ name, text }))
  const written = writeFix(diagnosisOf('service-without-endpoints'), given, noFiles, {
    front: 'nginx',
    as: 'sidecar',
    nginxVersion: null,
    appVersion: null,
  })
  const sets = [...written.plan.values.keys()]
  expect(sets).not.toContain('app.keepAliveSeconds')
  expect(sets).not.toContain('proxy.queueTimeoutSeconds')
  expect(written.plan.values.get('targetGroup.healthCheckIntervalSeconds')?.because).toContain('5 s x 4 + 3 s')
  expect(written.files.get('README.md')).toContain('SysctlForbidden')
})

test('several values go into one file, each where it belongs, though every edit moves the lines', () => {
  const nginx = nginxMap('worker_connections 512;', '          proxy_read_timeout 5s;\n').replace(
    '        location / {',
    '        location /slow { proxy_pass http://app; proxy_read_timeout 7s; }\n        location / {',
  )
  const all = [ingress, service(), deployment(behindNginx), nginx].join('---\n')
  const conf = fixed('nginx-upstream-timeout', { 'all.yaml': all }).files.get('nginx.conf') ?? ''
  const [slow, rest] = conf.split('location / {')
  expect(slow).toMatch(/proxy_pass http:\/\/app;[\s\S]*proxy_read_timeout 50s;/)
  expect(rest).toMatch(/proxy_pass http:\/\/app;[\s\S]*proxy_read_timeout 50s;/)
  expect(conf.match(/proxy_connect_timeout 1s;/g)).toHaveLength(2)
  expect(conf.match(/proxy_read_timeout/g)).toHaveLength(2)
})

test('an nginx.conf without any manifest is mended as well', () => {
  const text = `events { worker_connections 64; }
http { server { listen 80; location / { proxy_pass http://127.0.0.1:8000; } } }
`
  const conf = fixed('nginx-upstream-header-too-big', { 'nginx.conf': text }).files.get('settings/nginx.conf')
  expect(conf).toMatch(/proxy_buffer_size 16k;/)
})

test('a second replica and another strategy are not written where data would be shared', () => {
  const claim = '      volumes: [{ name: data, persistentVolumeClaim: { claimName: shop } }]\n'
  const strategy = '  strategy: { type: Recreate }\n'
  const files = { 'ingress.yaml': ingress, 'service.yaml': service() }
  const one = deployment(uvicorn, strategy).replace('replicas: 2', 'replicas: 1')
  const setsOf = (text: string): string[] => [
    ...fixed('no-registered-targets', { ...files, 'pods.yaml': text }).plan.values.keys(),
  ]
  expect(setsOf(one)).toEqual(expect.arrayContaining(['deployment.replicas', 'deployment.maxUnavailable']))
  const kept = setsOf(one + claim)
  expect(kept).not.toContain('deployment.replicas')
  expect(kept).not.toContain('deployment.maxUnavailable')
  expect(setsOf(one.replace('kind: Deployment', 'kind: StatefulSet'))).not.toContain('deployment.replicas')
})

test('a CPU limit that was used up is raised where it stands, and none is invented', () => {
  const files = { 'ingress.yaml': ingress, 'service.yaml': service() }
  const limited = deployment(`${uvicorn}          resources: { limits: { cpu: 150m, memory: 64Mi } } # tight
`)
  const raised = fixed('cpu-throttled-target', { ...files, 'pods.yaml': limited })
  expect(raised.plan.values.get('pod.cpuLimit')).toMatchObject({ from: 0.15, to: 0.6 })
  // Without a proxy and a new backlog nothing is said of queues.
  expect(raised.plan.warnings.join()).not.toContain('queue sizes')
  expect(raised.files.get('README.md')).not.toContain('Where the queue is')
  expect([...raised.files.values()].join('\n')).toMatch(/cpu: 0\.6, memory: 64Mi/)
  expect(fixed('worker-timeout', { ...files, 'pods.yaml': limited }).plan.values.has('pod.cpuLimit')).toBe(false)
  const free = fixed('cpu-throttled-target', { ...files, 'pods.yaml': deployment(uvicorn) })
  expect(free.plan.values.has('pod.cpuLimit')).toBe(false)
})

test('slow start covers twice the time that new targets were cold, and goes into the list of attributes', () => {
  const files = { 'ingress.yaml': ingress, 'service.yaml': service(), 'pods.yaml': deployment(uvicorn) }
  const { plan, files: written } = fixed('cold-start-overload', files)
  const value = plan.values.get('targetGroup.slowStartSeconds')?.to as number
  expect(value % 30).toBe(0)
  expect([...written.values()].join('\n')).toContain(`slow_start.duration_seconds=${value}`)
})

test('the pause before a stop is written for the cause that was found', () => {
  const files = { 'ingress.yaml': ingress, 'service.yaml': service(), 'deployment.yaml': deployment(uvicorn) }
  const causeOf = (cause: string): string | null | undefined =>
    fixed(cause, files).plan.values.get('pod.preStopSeconds')?.cause
  expect(causeOf('stale-endpoint-routing')).toBe('stale-endpoint-routing')
  expect(causeOf('worker-timeout')).toBe('deregistration-race')
})
