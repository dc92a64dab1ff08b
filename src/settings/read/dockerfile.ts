import type { Place } from '../chain.ts'
import type { AppSettings } from './app-settings.ts'
import { readCommandLine } from './command-line.ts'
import { positionsOf, type SourceFile } from './source-file.ts'
import { splitShell, type Word } from './words.ts'

export interface DockerfileSettings {
  readonly app: AppSettings | null
  /** CMD and ENTRYPOINT of the last stage. */
  readonly at: Place | null
  readonly fromImage: string | null
}

interface Instruction {
  readonly name: string
  readonly text: string
  /** Offset of `text`. */
  readonly from: number
}

/** CMD and ENTRYPOINT of the last stage, exec form (a JSON list) or shell form. */
export function readDockerfile(file: SourceFile): DockerfileSettings {
  const positions = positionsOf(file.name, file.text)
  let entrypoint: Instruction | undefined
  let cmd: Instruction | undefined
  let fromImage: string | null = null
  const environment = new Map<string, Word>()
  for (const instruction of instructionsOf(file.text)) {
    if (instruction.name === 'FROM') {
      entrypoint = undefined
      cmd = undefined
      fromImage = instruction.text.split(/\s+/).find((word) => !word.startsWith('--')) ?? null
    } else if (instruction.name === 'ENTRYPOINT') entrypoint = instruction
    else if (instruction.name === 'CMD') cmd = instruction
    else if (instruction.name === 'ENV')
      for (const [, name = '', quoted, plain] of instruction.text.matchAll(/([A-Za-z_]\w*)[= ](?:"([^"]*)"|(\S+))/g))
        environment.set(name, { text: quoted ?? plain ?? '', at: positions.at(instruction.from) })
  }
  const words = [entrypoint, cmd].flatMap((each) => (each ? wordsOf(each, positions.at) : []))
  const at = entrypoint ?? cmd
  return { app: readCommandLine(words, environment), at: at ? positions.at(at.from) : null, fromImage }
}

function wordsOf(instruction: Instruction, placeAt: (offset: number) => Place): Word[] {
  const { text, from } = instruction
  if (text.startsWith('[')) {
    const words: Word[] = []
    for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"/g))
      words.push({ text: (match[1] ?? '').replace(/\\(.)/g, '$1'), at: placeAt(from + match.index) })
    const script =
      words.length >= 3 && /^(ba|da|a)?sh$/.test((words[0]?.text ?? '').replace(/.*\//, '')) ? words[2] : undefined
    return script ? splitShell(script.text, () => script.at) : words
  }
  return splitShell(text, (offset) => placeAt(from + offset))
}

function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = []
  const lines = /^[ \t]*([A-Za-z]+)[ \t]+((?:[^\n]*\\\r?\n(?:[ \t]*#[^\n]*\n)*)*[^\n]*)/gm
  for (const match of text.matchAll(lines)) {
    const name = (match[1] ?? '').toUpperCase()
    const body = match[2] ?? ''
    found.push({ name, text: body.trim(), from: match.index + match[0].length - body.length })
  }
  return found
}
