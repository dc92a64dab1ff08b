import type { Chain, ChainValue } from './chain.ts'
import { type Inequality, inequalities, type Term } from './inequalities.ts'
import type { SettingId } from './setting.ts'
import { settingSpec } from './setting.ts'

/** An inequality that a chain breaks, with the numbers. */
export interface Violation {
  readonly rule: Inequality
  readonly severity: Inequality['severity']
  /** Left side without the margin, and right side. */
  readonly left: number
  readonly right: number
  /** What the left side needs the right side to be, margin included. */
  readonly needed: number
  /** Every setting that took part, with its value. */
  readonly parts: readonly { readonly setting: SettingId; readonly value: ChainValue }[]
}

export interface Evaluation {
  readonly violations: readonly Violation[]
  readonly held: readonly string[]
  /** Rules that could not run, and the settings that were missing. */
  readonly unknown: readonly { readonly rule: string; readonly missing: readonly SettingId[] }[]
}

/** Runs every rule whose hops exist in the chain. Unknown settings take the documented fallback, and say so. */
export function evaluate(chain: Chain): Evaluation {
  const violations: Violation[] = []
  const held: string[] = []
  const unknown: { rule: string; missing: SettingId[] }[] = []
  for (const rule of inequalities) {
    if (!rule.needs.every((fact) => chain.facts.has(fact))) continue
    const parts = new Map<SettingId, ChainValue>()
    const missing: SettingId[] = []
    const left = valueOfTerm(rule.left, chain, parts, missing)
    const right = valueOfTerm(rule.right, chain, parts, missing)
    for (const id of rule.requires ?? []) if (!lookUp(chain, id) && !missing.includes(id)) missing.push(id)
    if (left === undefined || right === undefined || missing.length > 0) {
      unknown.push({ rule: rule.id, missing })
      continue
    }
    const needed = left + rule.margin
    const isKept = rule.relation === '<' ? needed < right : needed <= right
    if (isKept) held.push(rule.id)
    else
      violations.push({
        rule,
        severity: [...parts.values()].some((part) => part.maybeInCode) ? 'note' : severityOf(rule, needed, right),
        left,
        right,
        needed,
        parts: [...parts].map(([setting, value]) => ({ setting, value })),
      })
  }
  const covered = new Set(violations.flatMap((violation) => violation.rule.covers ?? []))
  return { violations: violations.filter((violation) => !covered.has(violation.rule.id)), held, unknown }
}

/** A value with its documented fallback; undefined when nothing is known. */
export function lookUp(chain: Chain, id: SettingId): ChainValue | undefined {
  const given = chain.values[id]
  if (given) return given
  const { fallback } = settingSpec(id)
  if (fallback === undefined) return undefined
  return { value: fallback, source: 'default', at: null, because: 'default' }
}

function valueOfTerm(
  term: Term,
  chain: Chain,
  parts: Map<SettingId, ChainValue>,
  missing: SettingId[],
): number | undefined {
  if (typeof term === 'number') return term
  if (typeof term === 'string') {
    const found = lookUp(chain, term)
    if (found) parts.set(term, found)
    else missing.push(term)
    return found?.value
  }
  if ('min' in term) {
    // The smallest of those that exist: a chain without a proxy has no read timeout.
    const known = term.min
      .map((each) => valueOfTerm(each, chain, parts, []))
      .filter((each): each is number => each !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }
  const isSum = 'sum' in term
  let total = isSum ? 0 : 1
  for (const each of isSum ? term.sum : term.product) {
    const value = valueOfTerm(each, chain, parts, missing)
    if (value === undefined) return undefined
    total = isSum ? total + value : total * value
  }
  return total
}

function severityOf(rule: Inequality, needed: number, right: number): Inequality['severity'] {
  if (rule.nearly === undefined || right < needed * rule.nearly) return rule.severity
  return rule.severity === 'error' ? 'warning' : 'note'
}
