import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { missing502 } from '../scenarios/missing-502.ts'
import { nginxUpstreamTimeout } from '../scenarios/nginx-upstream-timeout.ts'
import { noLocalEndpoint } from '../scenarios/no-local-endpoint.ts'
import { nginxConfiguration } from '../servers/launch.ts'
import { findFix } from './find-fix.ts'
import { isFixFolder, readFixFolder } from './fix-folder.ts'

const written = {
  schemaVersion: 1,
  app: {
    server: 'uvicorn',
    flags: { '--backlog': '512' },
    keepAliveSeconds: 75,
    backlog: 512,
    gracefulShutdownSeconds: 30,
    workerKillSeconds: null,
  },
  proxy: { kind: 'nginx', config: 'nginx.conf', listenPort: 8080, appHost: '127.0.0.1', appPort: 8000 },
  mendedProxy: null,
  pod: {
    preStopSeconds: 30,
    gracePeriodSeconds: 65,
    replicas: null,
    maxUnavailable: null,
    proxyPreStopSeconds: null,
    addedReadiness: null,
    readiness: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 12 },
    liveness: { periodSeconds: null, timeoutSeconds: 5, failureThreshold: 6 },
  },
  loadBalancer: { idleTimeoutSeconds: null },
  targetGroup: {
    deregistrationDelaySeconds: null,
    algorithm: 'least_outstanding_requests',
    healthCheckIntervalSeconds: 5,
    healthCheckTimeoutSeconds: 3,
    unhealthyThreshold: null,
    targetType: null,
  },
  service: { externalTrafficPolicy: null },
}

function folder(json: unknown): string {
  const path = mkdtempSync(join(tmpdir(), 'why5xx-fix-folder-'))
  writeFileSync(join(path, 'fix.json'), JSON.stringify(json))
  writeFileSync(
    join(path, 'nginx.conf'),
    'error_log stderr warn; pid /tmp/nginx.pid; access_log /dev/stdout; server 127.0.0.1:8000 max_fails=0; listen 8080;',
  )
  return path
}

test('the written nginx.conf itself runs in the pod, in front of the changed app', () => {
  const { workload, loadBalancer } = readFixFolder(folder(written)).apply(missing502)
  const [proxy, app] = workload.template.containers
  expect(workload.template.port).toBe(8080)
  expect(app).toMatchObject({
    port: 8000,
    preStopSeconds: 30,
    server: { kind: 'uvicorn', backlog: 512, keepAliveSeconds: 75 },
  })
  expect(workload.template.readiness).toMatchObject({
    port: 8000,
    timeoutSeconds: 3,
    periodSeconds: 5,
    failureThreshold: 12,
  })
  expect(loadBalancer).toMatchObject({
    algorithm: 'least_outstanding_requests',
    healthCheck: { intervalSeconds: 5, unhealthyCount: 3 },
  })
  if (proxy?.server.kind !== 'nginx') throw new Error('no nginx')
  const text = nginxConfiguration(proxy.server, {
    port: 8080,
    appPort: 8000,
    folder: '/run/p',
    accessLog: '/run/a',
    errorLog: '/run/e',
  })
  expect(text).toBe(
    'error_log /run/e warn; pid /run/p/nginx.pid; access_log /run/a; server 127.0.0.1:8000 max_fails=0; listen 8080;',
  )
})

test('a flag that the fix did not write is not added', () => {
  const { workload } = readFixFolder(folder({ ...written, proxy: null })).apply(missing502)
  expect(workload.template.containers).toHaveLength(1)
  expect(workload.template.containers[0]?.server).not.toHaveProperty('gracefulSeconds')
})

test('the proxy that was there already runs with its mended file, and sleeps longer than the app', () => {
  const { workload } = readFixFolder(
    folder({
      ...written,
      proxy: null,
      mendedProxy: { kind: 'nginx', config: 'nginx.conf' },
      pod: { ...written.pod, proxyPreStopSeconds: 62 },
    }),
  ).apply(nginxUpstreamTimeout)
  const [proxy, app] = workload.template.containers
  expect(workload.template.containers).toHaveLength(2)
  expect(proxy).toMatchObject({ port: 8080, preStopSeconds: 62, server: { kind: 'nginx' } })
  expect(proxy?.server).toHaveProperty('configuration', expect.stringContaining('max_fails=0'))
  expect(app).toMatchObject({ port: 9000, preStopSeconds: 30 })
})

test('a file outside of the folder is not read', () => {
  const outside = { ...written, mendedProxy: { kind: 'nginx', config: '../../etc/passwd' }, proxy: null }
  expect(() => readFixFolder(folder(outside))).toThrow('is not in it')
})

test('targets, traffic policy and rollout are changed where the fix says so', () => {
  const { targetType, workload } = readFixFolder(
    folder({
      ...written,
      pod: { ...written.pod, maxUnavailable: 0 },
      targetGroup: { ...written.targetGroup, targetType: 'ip' },
      service: { externalTrafficPolicy: 'Cluster' },
    }),
  ).apply(noLocalEndpoint)
  expect(targetType).toBe('ip')
  expect(workload).toMatchObject({ externalTrafficPolicy: 'Cluster', rollout: { maxSurge: 1, maxUnavailable: 0 } })
})

test('a folder is found by its fix.json, a name by the scenario, and what is neither is refused', () => {
  const path = folder(written)
  expect(isFixFolder(path)).toBe(true)
  expect(findFix(missing502, path)?.title).toContain(path)
  expect(findFix(missing502, 'nginx')?.title).toContain('nginx')
  expect(findFix(missing502, 'nothing')).toBeUndefined()
  expect(() => readFixFolder(folder({ ...written, schemaVersion: 9 }))).toThrow('not what why5xx fix writes')
})
