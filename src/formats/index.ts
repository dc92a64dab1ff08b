import { alb } from './alb.ts'
import { albConnection } from './alb-connection.ts'
import { albHealthCheck } from './alb-health-check.ts'
import { classic } from './classic.ts'
import type { FormatId, LogFormat } from './define-format.ts'
import { nlb } from './nlb.ts'

/** The catalogue of formats. A new one is a file of its own and a line here. */
export const formats: readonly LogFormat[] = [alb, classic, nlb, albConnection, albHealthCheck]

export function formatById(id: FormatId): LogFormat {
  const found = formats.find((format) => format.id === id)
  if (!found) throw new Error(`no format ${id}`)
  return found
}
