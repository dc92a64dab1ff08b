import { neutralise } from './neutralise.ts'

/** SARIF 2.1.0 as far as why5xx speaks it: `diagnose` and `check` write the same log. */
export interface SarifLog {
  readonly version: string
  readonly rules: readonly SarifRule[]
  readonly results: readonly SarifResult[]
  /** false: the run was cut short, so a missing result means nothing. */
  readonly isComplete?: boolean
  /** What went wrong during the run. */
  readonly notifications?: readonly string[]
  /** Of the run as a whole. */
  readonly properties?: object
}

export type SarifLevel = 'error' | 'warning' | 'note'

export interface SarifRule {
  readonly id: string
  readonly title: string
  readonly text: string
  /** What to do, several sentences. */
  readonly help?: string | undefined
  readonly helpUri?: string | undefined
  readonly level: SarifLevel
}

export interface SarifResult {
  readonly ruleId: string
  readonly level: SarifLevel
  readonly message: string
  readonly places: readonly SarifPlace[]
  /** The same for the same finding in the next run. */
  readonly fingerprint?: string
  /** Why it is to be ignored. */
  readonly ignoredBecause?: string
  readonly properties?: object
}

export interface SarifPlace {
  readonly file: string
  readonly line: number
  readonly column?: number
  readonly snippet?: string
}

// OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json'

export function writeSarif(log: SarifLog): string {
  const { version, rules, results, isComplete = true, notifications = [], properties } = log
  const index = new Map(rules.map((rule, place) => [rule.id, place]))
  const run = {
    tool: { driver: { name: 'why5xx', version, rules: rules.map(ruleObject) } },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: isComplete,
        ...(notifications.length > 0
          ? {
              toolExecutionNotifications: notifications.map((text) => ({
                level: 'warning',
                message: { text: neutralise(text) },
              })),
            }
          : {}),
      },
    ],
    results: results.map((result) => ({
      ruleId: result.ruleId,
      ruleIndex: index.get(result.ruleId),
      level: result.level,
      message: { text: neutralise(result.message) },
      // One result has one location; the others show the same thing again.
      locations: result.places.slice(0, 1).map(location),
      ...(result.places.length > 1 ? { relatedLocations: result.places.slice(1).map(location) } : {}),
      ...(result.fingerprint === undefined
        ? {}
        : { partialFingerprints: { 'why5xx/v1': neutralise(result.fingerprint) } }),
      ...(result.ignoredBecause === undefined
        ? {}
        : { suppressions: [{ kind: 'inSource', justification: neutralise(result.ignoredBecause) }] }),
      ...(result.properties ? { properties: result.properties } : {}),
    })),
    ...(properties ? { properties } : {}),
  }
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`
}

function ruleObject(rule: SarifRule): object {
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.text },
    ...(rule.help === undefined ? {} : { help: { text: rule.help } }),
    ...(rule.helpUri?.startsWith('http') ? { helpUri: rule.helpUri } : {}),
    defaultConfiguration: { level: rule.level },
  }
}

function location({ file, line, column, snippet }: SarifPlace): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: {
        startLine: line,
        ...(column === undefined ? {} : { startColumn: column }),
        ...(snippet === undefined ? {} : { snippet: { text: neutralise(snippet) } }),
      },
    },
  }
}

/** A path as a relative reference, or as a `file:` address when it begins at the root. */
function uriOf(path: string): string {
  const parts = neutralise(path)
    .split(/[\\/]/)
    .map((part) => encodeURIComponent(part))
  return parts.length > 1 && parts[0] === '' ? `file://${parts.join('/')}` : parts.join('/')
}
