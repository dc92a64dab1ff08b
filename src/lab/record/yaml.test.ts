import { describe, expect, it } from 'vitest'
import { toYaml } from './yaml.ts'

describe('YAML of manifests', () => {
  it('nests lists of objects, quotes what YAML would read otherwise, keeps text blocks', () => {
    const text = toYaml({
      kind: 'Service',
      metadata: { name: 'web', annotations: { 'alb.example/idle': '60' } },
      spec: { ports: [{ port: 80, name: 'http' }], args: ['--workers', '2'], flag: 'on' },
      data: { 'nginx.conf': 'events {\n}\n' },
    })
    expect(text).toBe(`kind: Service
metadata:
  name: web
  annotations:
    alb.example/idle: '60'
spec:
  ports:
    - port: 80
      name: http
  args: ['--workers', '2']
  flag: 'on'
data:
  nginx.conf: |
    events {
    }
`)
  })
})
