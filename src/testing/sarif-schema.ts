import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'

const require = createRequire(import.meta.url)

// The published schema of SARIF 2.1.0, which is draft 4: its names for itself are not today's.
const { id, $schema, ...schema } = JSON.parse(
  readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
)
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema)

/** What the schema of SARIF 2.1.0 has against this text. */
export function sarifErrors(text: string): readonly string[] {
  validate(JSON.parse(text))
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}
