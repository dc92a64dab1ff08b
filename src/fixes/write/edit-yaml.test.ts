import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { editYaml, type ObjectId, type Step, type YamlValue } from './edit-yaml.ts'

const shop: ObjectId = { kind: 'Deployment', name: 'shop', namespace: 'default' }
const text = `# first
kind: Deployment
metadata: {name: shop}   # flow
spec:
  # how many
  replicas: 1   # one
  template:
    spec:
      containers:
        - name: app
          args:
            - "a"   # first
          # trailing
        - name: other
          image: x

      volumes: []
# end
`

function edit(path: readonly Step[], value: YamlValue, comment?: string, from = text): string {
  return editYaml(from, { object: shop, path, value, ...(comment ? { comment } : {}) })
}

function added(changed: string, from = text): string[] {
  const before = from.split('\n')
  return changed.split('\n').filter((line) => !before.includes(line))
}

test('a value is replaced where it stands, with its reason above, everything else untouched', () => {
  const changed = edit(['spec', 'replicas'], 2, 'never one')
  expect(added(changed)).toEqual(['  # never one', '  replicas: 2   # one'])
  expect(changed).toContain('# how many')
})

test('a missing key is added at the end of its map, before what follows', () => {
  const changed = edit(
    ['spec', 'template', 'spec', 'containers', { name: 'app' }, 'lifecycle', 'preStop', 'exec', 'command'],
    ['sleep', '30'],
    'rule 12',
  )
  expect(added(changed)).toEqual([
    '          # rule 12',
    '          lifecycle:',
    '            preStop:',
    '              exec:',
    '                command: [sleep, "30"]',
  ])
  const pod = parse(changed).spec.template.spec
  expect(pod.containers[0]).toEqual({
    name: 'app',
    args: ['a'],
    lifecycle: { preStop: { exec: { command: ['sleep', '30'] } } },
  })
  expect(pod.containers[1]).toEqual({ name: 'other', image: 'x' })
})

test('flow maps and empty lists take items in their own style', () => {
  expect(edit(['metadata', 'namespace'], 'web')).toContain('metadata: {name: shop, namespace: web}   # flow')
  expect(
    parse(edit(['spec', 'template', 'spec', 'volumes', { name: 'conf' }, 'configMap', 'name'], 'shop-nginx')).spec
      .template.spec.volumes,
  ).toEqual([{ name: 'conf', configMap: { name: 'shop-nginx' } }])
})

test('a list takes a further item under the last one', () => {
  const changed = edit(['spec', 'template', 'spec', 'containers', { name: 'app' }, 'args', 9], '--x')
  expect(parse(changed).spec.template.spec.containers[0].args).toEqual(['a', '--x'])
})

test('the right object of several documents is edited', () => {
  const two = `kind: Deployment\nmetadata: {name: other}\nspec: {replicas: 1}\n---\n${text}`
  const changed = edit(['spec', 'replicas'], 5, undefined, two)
  expect(changed).toContain('metadata: {name: other}\nspec: {replicas: 1}')
  expect(changed).toContain('  replicas: 5   # one')
})

test('the same edit twice is one edit', () => {
  const once = edit(['spec', 'replicas'], 2, 'never one')
  expect(edit(['spec', 'replicas'], 2, 'never one', once)).toBe(once)
})

test('what hangs behind an alias is not edited in another place', () => {
  const aliased = 'kind: Deployment\nmetadata: {name: shop}\nx: &a {replicas: 1}\nspec: *a\n'
  expect(edit(['spec', 'replicas'], 2, undefined, aliased)).not.toContain('replicas: 2}')
})

test('a file without a last line break, and CRLF files, stay readable', () => {
  expect(parse(edit(['spec', 'paused'], true, undefined, text.trimEnd().replace('\n# end', ''))).spec.paused).toBe(true)
  const crlf = edit(['spec', 'replicas'], 3, undefined, text.replaceAll('\n', '\r\n'))
  expect(parse(crlf).spec.replicas).toBe(3)
})
