import { isScalar, isSeq, type Node } from 'yaml'
import type { AppFlag } from './app-flags.ts'
import { child, editYaml, findObject, type ObjectId, type Step } from './edit-yaml.ts'

export interface FlagEdit {
  readonly object: ObjectId
  /** Path of the container. */
  readonly container: readonly Step[]
  readonly programs: readonly string[]
  readonly flag: AppFlag
  readonly value: number
  readonly comment: string
}

/** Sets a flag in a container's command, or its environment variable. null = neither is possible. */
export function editCommand(text: string, edit: FlagEdit): string | null {
  const root = findObject(text, edit.object)
  const container = root ? edit.container.reduce<Node | null>(child, root) : null
  if (!container) return null
  const value = edit.flag.text(edit.value)
  const name = edit.flag.flag
  const words = ['command', 'args'].flatMap((key) => {
    const seq = child(container, key)
    return isSeq(seq) ? (seq.items as Node[]).map((node, index) => ({ key, index, text: wordOf(node), node })) : []
  })
  const at = (key: string, index: number, to: string): string =>
    editYaml(text, { object: edit.object, path: [...edit.container, key, index], value: to, comment: edit.comment })
  if (name !== null) {
    const joined = words.find((word) => word.text.startsWith(`${name}=`))
    if (joined) return at(joined.key, joined.index, `${name}=${value}`)
    const found = words.findIndex((word) => word.text === name)
    const next = words[found + 1]
    if (found >= 0 && next) return at(next.key, next.index, value)
  }
  const env = child(container, 'env')
  const variable = edit.flag.env
  if (variable && isSeq(env) && (env.items as Node[]).some((each) => wordOf(child(each, 'name')) === variable))
    return editYaml(text, {
      object: edit.object,
      path: [...edit.container, 'env', { name: variable }, 'value'],
      value,
      comment: edit.comment,
    })
  if (name !== null) {
    const script = words.find((word) => edit.programs.some((program) => new RegExp(`\\b${program}\\s`).test(word.text)))
    if (script) return inScript(text, script.node, edit.programs, name, value, edit.comment)
    const program = words.some((word) => edit.programs.includes(word.text.slice(word.text.lastIndexOf('/') + 1)))
    const last = words.at(-1)
    if (program && last) {
      const flagged = at(last.key, last.index + 1, name)
      return editYaml(flagged, { object: edit.object, path: [...edit.container, last.key, last.index + 2], value })
    }
  }
  if (!variable) return null
  return editYaml(text, {
    object: edit.object,
    path: [...edit.container, 'env', { name: variable }, 'value'],
    value,
    comment: edit.comment,
  })
}

/** `sh -c "exec gunicorn … app"`: the flag goes right behind the program, where every server takes it. */
function inScript(
  text: string,
  node: Node,
  programs: readonly string[],
  flag: string,
  value: string,
  comment: string,
): string {
  const [from, to] = node.range ?? [0, 0]
  const raw = text.slice(from, to)
  const present = new RegExp(`(${escapeRegExp(flag)})(\\s+|=)[^\\s"'\\\\]+`)
  const changed = present.test(raw)
    ? raw.replace(present, `$1$2${value}`)
    : raw.replace(new RegExp(`\\b(${programs.join('|')})(?=\\s)`), `$1 ${flag} ${value}`)
  const lineStart = text.lastIndexOf('\n', from - 1) + 1
  const indent = /^ */.exec(text.slice(lineStart))?.[0] ?? ''
  return `${text.slice(0, lineStart)}${indent}# ${comment}\n${text.slice(lineStart, from)}${changed}${text.slice(to)}`
}

function wordOf(node: Node | null): string {
  return isScalar(node) ? String(node.value ?? '') : ''
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
