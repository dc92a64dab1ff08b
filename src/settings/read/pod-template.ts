import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { type AppSettings, withDefaults } from './app-settings.ts'
import { given, readCommandLine } from './command-line.ts'
import { splitShell, type Word } from './words.ts'
import type { Container, Values } from './workload.ts'
import { type Cursor, get, items, numeric, place, placeOfKey, text } from './yaml-cursor.ts'

/** Containers of a pod, native sidecars included. */
export function readPodTemplate(pod: Cursor, notes: string[]): Container[] {
  const volumes = new Map<string, string>()
  for (const volume of items(get(pod, 'volumes'))) {
    const map = text(get(volume, 'configMap', 'name'))
    if (map) volumes.set(text(get(volume, 'name')) ?? '', map)
  }
  const sidecars = items(get(pod, 'initContainers')).filter((each) => text(get(each, 'restartPolicy')) === 'Always')
  return [
    ...items(get(pod, 'containers')).map((each) => readContainer(each, volumes, false, notes)),
    ...sidecars.map((each) => readContainer(each, volumes, true, notes)),
  ]
}

function readContainer(
  container: Cursor,
  volumes: ReadonlyMap<string, string>,
  isNativeSidecar: boolean,
  notes: string[],
): Container {
  const name = text(get(container, 'name')) ?? ''
  const image = text(get(container, 'image')) ?? null
  const environment = readEnvironment(container)
  const { words, shellAt } = commandOf(container, environment)
  const app = readCommandLine(words, environment) ?? appOfImage(image, words, container)
  for (const note of app?.notes ?? []) notes.push(note)
  const at = get(container, 'command').node
    ? placeOfKey(container, 'command')
    : get(container, 'args').node
      ? placeOfKey(container, 'args')
      : place(container)
  const preStop = readPreStop(container)
  const readiness = get(container, 'readinessProbe')
  const liveness = get(container, 'livenessProbe')
  return {
    name,
    image,
    at,
    app: app && app.at === null ? { ...app, at } : app,
    proxyKind: proxyKindOf(image, words),
    ports: items(get(container, 'ports')).flatMap((port) => {
      const number = numeric(get(port, 'containerPort'))
      return number === undefined ? [] : [{ name: text(get(port, 'name')) ?? null, number }]
    }),
    preStopSeconds: preStop.value,
    hasOpaquePreStop: preStop.isOpaque,
    probes: {
      ...probe(readiness, container, 'readinessProbe', [
        'pod.readinessTimeoutSeconds',
        'pod.readinessPeriodSeconds',
        'pod.readinessFailures',
      ]),
      ...probe(liveness, container, 'livenessProbe', [
        'pod.livenessTimeoutSeconds',
        'pod.livenessPeriodSeconds',
        'pod.livenessFailures',
      ]),
    },
    hasReadiness: readiness.node !== null,
    readinessPath: text(get(readiness, 'httpGet', 'path')) ?? null,
    livenessPath: text(get(liveness, 'httpGet', 'path')) ?? null,
    livenessAt: liveness.node ? placeOfKey(container, 'livenessProbe') : null,
    mountedConfigMaps: items(get(container, 'volumeMounts')).flatMap(
      (mount) => volumes.get(text(get(mount, 'name')) ?? '') ?? [],
    ),
    isNativeSidecar,
    cpuLimit: cpusOf(text(get(container, 'resources', 'limits', 'cpu'))),
    shellAt,
  }
}

/** `150m`, `0.5`, `2`. */
function cpusOf(quantity: string | undefined): number | null {
  const found = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity ?? '')
  const cpus = Number(found?.[1]) / (found?.[2] === 'm' ? 1000 : 1)
  return cpus > 0 ? cpus : null
}

function readEnvironment(container: Cursor): Map<string, Word> {
  const environment = new Map<string, Word>()
  for (const variable of items(get(container, 'env'))) {
    const name = text(get(variable, 'name'))
    const value = text(get(variable, 'value'))
    if (name !== undefined && value !== undefined) environment.set(name, { text: value, at: place(variable) })
  }
  return environment
}

/** command + args; `sh -c "…"` is split; `$(NAME)` and `$NAME` of literal environment variables are filled in. */
function commandOf(
  container: Cursor,
  environment: ReadonlyMap<string, Word>,
): { readonly words: Word[]; readonly shellAt: Place | null } {
  const raw: Word[] = ['command', 'args'].flatMap((key) =>
    items(get(container, key)).map((each) => ({ text: text(each) ?? '', at: place(each) })),
  )
  const script = raw.findIndex(
    (word, index) =>
      index > 0 && /^-[a-z]*c$/.test(word.text) && /(^|\/)(ba|da|a|z)?sh$/.test(raw[index - 1]?.text ?? ''),
  )
  const body = script === -1 ? undefined : raw[script + 1]
  const fill = (word: Word): Word => ({ text: substitute(word.text, environment), at: word.at })
  if (!body) return { words: raw.map(fill), shellAt: null }
  return { words: splitShell(substitute(body.text, environment), () => body.at), shellAt: body.at }
}

function substitute(word: string, environment: ReadonlyMap<string, Word>): string {
  return word.replace(/\$(?:\((\w+)\)|\{(\w+)\}|(\w+))/g, (whole, ...names: (string | undefined)[]) => {
    const name = names.slice(0, 3).find((each) => each !== undefined)
    return (name && environment.get(name)?.text) ?? whole
  })
}

/** Images whose default command is a server that we know. */
function appOfImage(image: string | null, words: readonly Word[], container: Cursor): AppSettings | null {
  if (image === null) return null
  const { repository, tag } = splitImage(image)
  const at = place(container)
  const version = /^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1] ?? null
  if (/(^|\/)tomcat$/.test(repository) && words.length === 0)
    return withDefaults({ server: 'tomcat', version, values: {}, at })
  if (/(^|\/)jetty$/.test(repository) && words.length === 0)
    return withDefaults({ server: 'jetty', version, values: {}, at })
  if (/(^|\/)httpd$/.test(repository) && words.length === 0)
    return withDefaults({ server: 'httpd', version, values: {}, at })
  if (/(^|\/)caddy$/.test(repository)) return withDefaults({ server: 'caddy', version, values: {}, at })
  if (/(^|\/)traefik$/.test(repository)) return withDefaults({ server: 'traefik', version, values: {}, at })
  return null
}

function proxyKindOf(image: string | null, words: readonly Word[]): 'nginx' | 'haproxy' | null {
  const { repository } = splitImage(image ?? '')
  const first = words.find((word) => !/^(exec|sh|-c)$/.test(word.text))?.text ?? ''
  if (/(^|\/)(nginx|nginx-unprivileged|openresty)$/.test(repository) || /(^|\/)(nginx|openresty)$/.test(first))
    return 'nginx'
  if (/(^|\/)haproxy(-alpine|-debian)?$/.test(repository) || /(^|\/)haproxy$/.test(first)) return 'haproxy'
  return null
}

/** `registry:5000/library/nginx:1.27-alpine@sha256:…` */
export function splitImage(image: string): { readonly repository: string; readonly tag: string } {
  const plain = image.split('@', 1)[0] ?? ''
  const colon = plain.lastIndexOf(':')
  if (colon <= plain.lastIndexOf('/')) return { repository: plain, tag: '' }
  return { repository: plain.slice(0, colon), tag: plain.slice(colon + 1) }
}

function readPreStop(container: Cursor): { readonly value: ChainValue | null; readonly isOpaque: boolean } {
  const hook = get(container, 'lifecycle', 'preStop')
  if (!hook.node) return { value: null, isOpaque: false }
  const sleep = get(hook, 'sleep', 'seconds')
  const seconds = numeric(sleep)
  if (seconds !== undefined)
    return { value: given(seconds, place(sleep), `preStop.sleep.seconds: ${seconds}`), isOpaque: false }
  const command = get(hook, 'exec', 'command')
  const line = items(command)
    .map((each) => text(each) ?? '')
    .join(' ')
  const found = /\bsleep\s+(\d+(?:\.\d+)?)(s|m)?\b/.exec(line)
  if (!found) return { value: null, isOpaque: true }
  const slept = Number(found[1]) * (found[2] === 'm' ? 60 : 1)
  return { value: given(slept, place(command), `preStop: sleep ${found[1]}${found[2] ?? ''}`), isOpaque: false }
}

const probeDefaults = [1, 10, 3] as const
const probeKeys = ['timeoutSeconds', 'periodSeconds', 'failureThreshold'] as const

function probe(
  cursor: Cursor,
  container: Cursor,
  name: string,
  ids: readonly [SettingId, SettingId, SettingId],
): Values {
  if (!cursor.node) return {}
  const values: Values = {}
  probeKeys.forEach((key, index) => {
    const node = get(cursor, key)
    const value = numeric(node)
    const id = ids[index] as SettingId
    const fallback = probeDefaults[index] as number
    values[id] =
      value === undefined
        ? {
            value: fallback,
            source: 'default',
            at: placeOfKey(container, name),
            because: `${key} not set: the kubelet takes ${fallback}`,
          }
        : given(value, place(node), `${name}.${key}: ${value}`)
  })
  return values
}
