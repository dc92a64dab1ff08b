import type { Missing } from '../core/diagnosis.ts'
import { leastOf, mostOf } from '../core/extremes.ts'
import { routeText } from '../formats/route-text.ts'
import { say } from './coverage.ts'
import type { Joined } from './joined.ts'
import type { EventKind } from './testimony.ts'

const LEAST_ALIKE = 20
/** So many answers of a route and status have one size that another one is remarkable. */
const LEAST_SHARE = 0.6
/** Ids and dates make sizes differ by a few bytes; what was cut lacks more than that. */
const SAME_SIZE = 0.02
const SPREAD = 0.1
/** Fewer say something only beside the end of a process. */
const LEAST_CUT = 3
/** A head alone is a few hundred bytes: smaller answers cannot be seen to be cut. */
const LEAST_BYTES = 4_000
const DEATHS: ReadonlySet<EventKind> = new Set([
  'out-of-memory',
  'crashed',
  'worker-killed',
  'worker-timeout',
  'liveness-kill',
  'stopping',
])
const DEATH_MS = 2_000

/** Cause 29: answers with a good status whose bytes stop short of what all others of their route have. No row of them failed. */
export function cutAnswers({ subjects, events }: Joined): Missing[] {
  const alike = new Map<string, { sent: number; end: number }[]>()
  for (const { request, targetStatus, sentBytes, end } of subjects.controls) {
    if (sentBytes < 1) continue
    const key = `${targetStatus} to ${routeText(Buffer.from(request))}`
    const known = alike.get(key)
    if (known === undefined) alike.set(key, [{ sent: sentBytes, end }])
    else known.push({ sent: sentBytes, end })
  }
  const deaths = events.filter((event) => DEATHS.has(event.kind))
  return [...alike].flatMap(([key, answers]) => {
    if (answers.length < LEAST_ALIKE) return []
    const sizes = answers.map(({ sent }) => sent).sort((a, b) => a - b)
    const usual = sizes[Math.floor(sizes.length / 2)] as number
    const whole = sizes.filter((sent) => Math.abs(sent - usual) <= usual * SAME_SIZE).length
    const cut = answers.filter(({ sent }) => sent < usual * (1 - SAME_SIZE))
    if (usual < LEAST_BYTES || cut.length === 0 || whole < answers.length * LEAST_SHARE) return []
    if (whole + cut.length < answers.length) return []
    const dying = cut.filter(({ end }) =>
      deaths.some((event) => end >= event.timeMs - DEATH_MS && end <= event.lastMs + DEATH_MS),
    ).length
    const [least, most] = [leastOf(cut.map(({ sent }) => sent)), mostOf(cut.map(({ sent }) => sent))]
    // A few clients that ask for compressed answers have another size, and all the same one.
    if (dying === 0 && (cut.length < LEAST_CUT || most < least * (1 + SPREAD))) return []
    return [
      {
        what: `the rest of ${say(cut.length)} answers with status ${key}`,
        why: `they have ${say(least)} to ${say(most)} bytes, ${say(whole)} others about ${say(usual)}: cut after their head was sent, so no row says that they failed${dying > 0 ? `; ${say(dying)} of them within ${DEATH_MS / 1000} s of a process's end` : ''} (why5xx explain response-truncated). A client that leaves in the middle looks the same`,
      },
    ]
  })
}
