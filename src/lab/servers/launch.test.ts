import { describe, expect, it } from 'vitest'
import { haproxyConfiguration, launchCommand, nginxConfiguration } from './launch.ts'

const place = {
  port: 8080,
  appPort: 9000,
  folder: '/tmp/pod',
  accessLog: '/tmp/access.log',
  errorLog: '/tmp/error.log',
}

describe('proxy configurations', () => {
  it('puts the application’s port into nginx’s upstream', () => {
    const text = nginxConfiguration(
      { kind: 'nginx', upstream: ['server 127.0.0.1:{port};'], location: ['proxy_read_timeout 5s;'] },
      place,
    )
    expect(text).toContain('server 127.0.0.1:9000;')
    expect(text).toContain('proxy_read_timeout 5s;')
    expect(text).toContain('trace=$http_x_amzn_trace_id')
  })

  it('answers the readiness probe itself only when told so', () => {
    const server = { kind: 'nginx', upstream: [], location: [] } as const
    expect(nginxConfiguration(server, place)).not.toContain('location = /healthz')
    expect(nginxConfiguration({ ...server, answersProbe: true }, place)).toContain('location = /healthz')
  })

  it('gives HAProxy a bounded queue', () => {
    const text = haproxyConfiguration(
      { kind: 'haproxy', maxConnections: 4, queueSeconds: 2, serverSeconds: 50, maxQueue: 80 },
      place,
    )
    expect(text).toContain('server app 127.0.0.1:9000 maxconn 4 maxqueue 80')
    expect(text).toContain('timeout queue 2s')
  })
})

describe('commands in manifests and pods', () => {
  it('are lists of whole arguments, with paths of the container', () => {
    const nginx = { kind: 'nginx', upstream: [], location: [] } as const
    expect(launchCommand(nginx, 8080)).toEqual(['nginx', '-c', '/etc/nginx/nginx.conf'])
    expect(launchCommand({ kind: 'uvicorn', isTls: true }, 8000).join(' ')).toBe(
      'uvicorn shop:app --host 0.0.0.0 --port 8000 --no-access-log --ssl-keyfile /etc/tls/tls.key --ssl-certfile /etc/tls/tls.crt',
    )
    expect(
      launchCommand({ kind: 'gunicorn', workerClass: 'gthread', workers: 2, maxRequests: 400 }, 8000).join(' '),
    ).toBe('gunicorn shop_wsgi:app --bind 0.0.0.0:8000 --worker-class gthread --workers 2 --max-requests 400')
  })
})
