import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { isTooDeep } from '../../settings/read/yaml-depth.ts'

/** A step into a document: a key, an index, or the item of a list whose `name` is this. */
export type Step = string | number | { readonly name: string }

/** Plain data: what is written where nothing stands yet. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | { readonly [key: string]: YamlValue }

/** Which object of a file. */
export interface ObjectId {
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

export interface YamlEdit {
  readonly object: ObjectId
  readonly path: readonly Step[]
  readonly value: YamlValue
  /** One line, without `#`. */
  readonly comment?: string
}

/** Text splices instead of print-out: comments, order, quotes and blank lines of the file stay as they are. */
export function editYaml(text: string, edit: YamlEdit): string {
  const root = findObject(text, edit.object)
  if (!root) return text
  let node: Node = root
  for (let depth = 0; depth < edit.path.length; depth++) {
    const step = edit.path[depth] as Step
    const next = child(node, step)
    if (next === null) return insert(text, node, edit.path.slice(depth), edit)
    node = next
  }
  return replace(text, node, edit)
}

/** The node of an object in a file with several documents and lists. */
export function findObject(text: string, object: ObjectId): Node | null {
  if (isTooDeep(text)) return null
  const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.errors.length > 0) continue
    for (const root of unwrap(document.contents as Node | null, 0)) {
      const metadata = child(root, 'metadata')
      const isIt =
        scalar(child(root, 'kind')) === object.kind &&
        scalar(metadata && child(metadata, 'name')) === object.name &&
        (scalar(metadata && child(metadata, 'namespace')) ?? 'default') === object.namespace
      if (isIt) return root
    }
  }
  return null
}

/** What the ConfigMaps of these names hold under a key. */
export function configMapTexts(text: string, names: readonly string[], key: string): string[] {
  if (isTooDeep(text)) return []
  const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })
  return (Array.isArray(documents) ? documents : []).flatMap((document) =>
    unwrap(document.errors.length > 0 ? null : (document.contents as Node | null), 0).flatMap((root) => {
      const metadata = child(root, 'metadata')
      const name = scalar(metadata && child(metadata, 'name'))
      if (scalar(child(root, 'kind')) !== 'ConfigMap' || !names.includes(name ?? '')) return []
      return scalar(child(child(root, 'data'), key)) ?? []
    }),
  )
}

function unwrap(root: Node | null, depth: number): Node[] {
  if (!root) return []
  if (!scalar(child(root, 'kind'))?.endsWith('List') || depth > 3) return [root]
  const items = child(root, 'items')
  return isSeq(items) ? (items.items as Node[]).flatMap((each) => unwrap(each, depth + 1)) : []
}

export function child(node: Node | null, step: Step): Node | null {
  if (typeof step === 'string') {
    if (!isMap(node)) return null
    const pair = (node.items as Pair[]).find((each) => isScalar(each.key) && each.key.value === step)
    // What hangs behind an alias belongs to another place; editing it there would surprise.
    return pair && pair.value !== null && !isAlias(pair.value) ? (pair.value as Node) : null
  }
  if (!isSeq(node)) return null
  if (typeof step === 'number') return (node.items[step] as Node | undefined) ?? null
  return (node.items as Node[]).find((each) => scalar(child(each, 'name')) === step.name) ?? null
}

function scalar(node: Node | null): string | null {
  return isScalar(node) && node.value !== null && node.value !== undefined ? String(node.value) : null
}

function replace(text: string, node: Node, edit: YamlEdit): string {
  const [start, end] = node.range ?? [0, 0]
  const flow = inFlow(edit.value)
  if (text.slice(start, end) === flow) return text
  if (isScalar(node) && !node.type?.startsWith('BLOCK')) return withComment(splice(text, start, end, flow), start, edit)
  // A whole block is replaced by a flow value on the key's line.
  return withComment(splice(text, start, trimEnd(text, end), flow), start, edit)
}

function insert(text: string, parent: Node, rest: readonly Step[], edit: YamlEdit): string {
  const [step, ...deeper] = rest
  const value = nest(deeper, edit.value)
  if (typeof step === 'string' && isMap(parent)) return insertKey(text, parent, step, value, edit)
  if (typeof step === 'object' && isSeq(parent)) return insertItem(text, parent, withName(step.name, value), edit)
  if (typeof step === 'number' && isSeq(parent)) return insertItem(text, parent, value, edit)
  // `key:` without a value, or a scalar where a map should be: left alone rather than guessed at.
  return text
}

function nest(path: readonly Step[], value: YamlValue): YamlValue {
  let nested = value
  for (const step of [...path].reverse()) {
    if (typeof step === 'string') nested = { [step]: nested }
    else nested = [typeof step === 'object' ? withName(step.name, nested) : nested]
  }
  return nested
}

function withName(name: string, value: YamlValue): YamlValue {
  return typeof value === 'object' && !Array.isArray(value)
    ? { name, ...(value as Record<string, YamlValue>) }
    : { name }
}

function insertKey(text: string, map: YAMLMap, key: string, value: YamlValue, edit: YamlEdit): string {
  const pairs = map.items as Pair[]
  const [first] = pairs
  if (map.flow || !first) {
    const end = (map.range?.[1] ?? 0) - 1
    const at = trimEnd(text, end)
    const changed = splice(
      text,
      at,
      at,
      `${pairs.length > 0 ? ', ' : ' '}${key}: ${inFlow(value)}${pairs.length > 0 ? '' : ' '}`,
    )
    return withComment(changed, map.range?.[0] ?? 0, edit)
  }
  const indent = columnOf(text, (first.key as Node).range?.[0] ?? 0)
  return insertLines(text, endOfPair(text, pairs.at(-1) as Pair), inBlock({ [key]: value }, indent), indent, edit)
}

function insertItem(text: string, seq: YAMLSeq, value: YamlValue, edit: YamlEdit): string {
  const items = seq.items as Node[]
  const [first] = items
  if (seq.flow || !first) {
    const end = (seq.range?.[1] ?? 0) - 1
    const at = trimEnd(text, end)
    return withComment(
      splice(text, at, at, `${items.length > 0 ? ', ' : ''}${inFlow(value)}`),
      seq.range?.[0] ?? 0,
      edit,
    )
  }
  // The dash stands before the item's first column.
  const start = first.range?.[0] ?? 0
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const indent = text.slice(lineStart, start).search(/-/)
  const last = items.at(-1) as Node
  return insertLines(
    text,
    endOfLine(text, lastOffset(last)),
    inBlock([value], Math.max(0, indent)),
    Math.max(0, indent),
    edit,
  )
}

function endOfPair(text: string, pair: Pair): number {
  const node = (pair.value ?? pair.key) as Node
  return endOfLine(text, lastOffset(node))
}

/** End of the deepest last value: a collection's own range may reach over the comments that follow. */
function lastOffset(node: Node): number {
  if (isMap(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1) as Pair
    return lastOffset((last.value ?? last.key) as Node)
  }
  if (isSeq(node) && !node.flow && node.items.length > 0) return lastOffset(node.items.at(-1) as Node)
  return node.range?.[1] ?? 0
}

/** Offset where a new line can begin. */
function endOfLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

function insertLines(text: string, at: number, block: string, indent: number, edit: YamlEdit): string {
  const comment = edit.comment ? `${' '.repeat(indent)}# ${edit.comment}\n` : ''
  const isMissingBreak = at > 0 && text[at - 1] !== '\n'
  return splice(text, at, at, `${isMissingBreak ? '\n' : ''}${comment}${block}`)
}

function withComment(text: string, offset: number, edit: YamlEdit): string {
  if (!edit.comment) return text
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const indent = /^ */.exec(text.slice(lineStart))?.[0] ?? ''
  const line = `${indent}# ${edit.comment}\n`
  const before = text.slice(0, lineStart)
  return before.endsWith(line) ? text : splice(text, lineStart, lineStart, line)
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

function trimEnd(text: string, end: number): number {
  let at = end
  while (at > 0 && /\s/.test(text[at - 1] ?? '')) at--
  return at
}

function splice(text: string, from: number, to: number, piece: string): string {
  return text.slice(0, from) + piece + text.slice(to)
}

/** `{ a: 1, b: ["x"] }` */
export function inFlow(value: YamlValue): string {
  if (Array.isArray(value)) return `[${(value as readonly YamlValue[]).map(inFlow).join(', ')}]`
  if (typeof value === 'object' && Object.keys(value).length === 0) return '{}'
  if (typeof value === 'object')
    return `{ ${Object.entries(value as Record<string, YamlValue>)
      .map(([key, each]) => `${key}: ${inFlow(each)}`)
      .join(', ')} }`
  return scalarText(value as string | number | boolean)
}

/** Block style, each line indented, ending with a line break. Lists of scalars stay on one line. */
export function inBlock(value: YamlValue, indent: number): string {
  const pad = ' '.repeat(indent)
  if (Array.isArray(value))
    return (value as readonly YamlValue[])
      .map((each) => {
        if (typeof each !== 'object') return `${pad}- ${scalarText(each)}\n`
        const inner = inBlock(each, indent + 2)
        return `${pad}- ${inner.slice(indent + 2)}`
      })
      .join('')
  if (typeof value !== 'object') return `${pad}${scalarText(value as string | number | boolean)}\n`
  return Object.entries(value as Record<string, YamlValue>)
    .map(([key, each]) => {
      if (typeof each === 'string' && each.includes('\n'))
        return `${pad}${key}: |\n${each
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => (line === '' ? '' : `${pad}  ${line}`))
          .join('\n')}\n`
      if (typeof each !== 'object') return `${pad}${key}: ${scalarText(each)}\n`
      const isFlat = Array.isArray(each) && (each as readonly YamlValue[]).every((item) => typeof item !== 'object')
      if (isFlat || Object.keys(each).length === 0) return `${pad}${key}: ${inFlow(each)}\n`
      return `${pad}${key}:\n${inBlock(each, indent + 2)}`
    })
    .join('')
}

/** Plain where YAML 1.1 and 1.2 agree that it is a text; double quotes else. */
function scalarText(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  const isPlain =
    /^[A-Za-z_./][\w./-]*$/.test(value) &&
    !/^(true|false|yes|no|on|off|null|y|n|~)$/i.test(value) &&
    !/^[.\d_]+(e\d+)?$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}
