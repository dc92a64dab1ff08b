import { fail } from '../core/errors.ts'
import type { DiagnoseOptions } from '../engine/diagnose.ts'
import { type JsonKeys, type JsonLineKey, jsonLineKeys } from '../formats/witnesses/json-line-keys.ts'

type Chosen = Pick<DiagnoseOptions, 'witnesses' | 'useWitnesses' | 'witnessOptions'>

/** --with, --nginx-log-format and --json-keys as the engine takes them. */
export function witnessOptions(options: Readonly<Record<string, unknown>>): Chosen {
  const given = (options.with as string[] | undefined) ?? []
  const nginxLogFormat = options.nginxLogFormat as string | undefined
  const jsonKeys = options.jsonKeys as string | undefined
  return {
    useWitnesses: !given.includes('none'),
    witnesses: given.filter((each) => each !== 'none'),
    witnessOptions: {
      ...(nginxLogFormat === undefined ? {} : { nginxLogFormat }),
      ...(jsonKeys === undefined ? {} : { jsonKeys: parseKeys(jsonKeys) }),
    },
  }
}

function parseKeys(text: string): JsonKeys {
  const keys: JsonKeys = {}
  for (const part of text.split(',')) {
    const [name = '', key = ''] = part.split('=').map((each) => each.trim())
    if (!(jsonLineKeys as readonly string[]).includes(name) || key === '')
      return fail('USAGE', { what: `--json-keys ${text}: write KEY=NAME with KEY one of ${jsonLineKeys.join(', ')}` })
    keys[name as JsonLineKey] = key
  }
  return keys
}
