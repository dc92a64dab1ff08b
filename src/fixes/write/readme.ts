import { type SettingId, settingSpec, settings } from '../../settings/setting.ts'
import { number } from '../cause-numbers.ts'
import { commentText } from '../escape.ts'
import { perPod } from '../load.ts'
import type { FixPlan, PlannedValue } from '../plan.ts'
import { renderFix } from '../render-fix.ts'
import { drainSeconds, meanWaitSeconds, waitShare } from '../sizing.ts'
import { serverTitle } from './edit-lines.ts'

export interface ReadmeInput {
  readonly plan: FixPlan
  readonly ways: readonly string[]
  readonly files: readonly string[]
  /** Values that no given file could take. */
  readonly byHand: readonly PlannedValue[]
  readonly hasManifests: boolean
  readonly notes: readonly string[]
}

/** What was changed and why, what no setting mends, and how to prove it. */
export function writeReadme(input: ReadmeInput): string {
  const { plan, byHand, hasManifests } = input
  const parts = [
    '# Settings written by why5xx fix',
    causesPart(plan),
    ...(plan.warnings.length > 0 ? [`## First\n\n${plan.warnings.map((warning) => `- ${warning}`).join('\n')}`] : []),
    `## Values\n\n${valuesTable(plan)}`,
    `## Files\n\n${input.files.map((file) => `- \`${file}\``).join('\n')}`,
  ]
  if (byHand.length > 0)
    parts.push(
      `## By hand\n\nNo given file says these, or it could not be edited there:\n\n${byHand.map(handPart).join('\n\n')}`,
    )
  if (input.notes.length > 0) parts.push(`## Notes\n\n${input.notes.map((note) => `- ${note}`).join('\n')}`)
  if (plan.front !== 'none' || plan.values.has('app.backlog')) parts.push(queuePart(plan))
  if (plan.load) parts.push(sizePart(plan))
  parts.push(`## Prove it

    why5xx check .${hasManifests ? '' : '    # after you put your names in'}
    why5xx lab run SCENARIO --fix .    # why5xx explain CAUSE names its scenario
    kubectl diff -f manifests/

To take it back: apply the files you had (the diff: \`why5xx fix DIAGNOSIS.json --settings … --diff\`).`)
  return `${parts.join('\n\n')}\n`
}

function causesPart(plan: FixPlan): string {
  const known = plan.causes.filter((cause) => /^[a-z0-9-]{3,60}$/.test(cause.id)).slice(0, 8)
  if (known.length === 0)
    return 'The diagnosis names no cause: these are the settings that keep every inequality of docs/timeouts.md.'
  return `For: ${known.map((cause) => `${cause.id} (${cause.failures} failures)`).join(', ')}.`
}

function valuesTable(plan: FixPlan): string {
  const rows = [...plan.values.values()].map((value) => {
    const from = value.from === null ? '' : number(value.from)
    const rule = value.inequality === null ? '' : String(value.inequality)
    return `| ${value.set} | ${from} | **${value.to}** | ${rule} | ${value.cause ?? ''} | ${commentText(value.because).replaceAll('|', '/')} (${value.basis}) |`
  })
  return `| setting | now | to | inequality | prevents | why |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`
}

function handPart(value: PlannedValue): string {
  const title = Object.hasOwn(settings, value.set) ? settingSpec(value.set as SettingId).name : value.set
  let patch = `${title}: ${value.to}`
  try {
    patch = renderFix({ set: value.set, to: value.to, because: value.because }).patch
  } catch {
    // A setting without a spelling of its own: its name and value say it.
  }
  return `**${title}: ${value.to}** (${commentText(value.because)})\n\n\`\`\`\n${patch}\n\`\`\``
}

function queuePart(plan: FixPlan): string {
  const front =
    plan.front === 'nginx'
      ? `\n\nnginx open source does not queue for a busy app: it opens one upstream connection per request, and the app's own accept queue does the waiting. What it does: it keeps idle connections of the load balancer, buffers slow clients, repeats a GET whose pooled connection was stale, and logs every failure with a reason. A true queue: \`--front haproxy\`.`
      : plan.front === 'haproxy'
        ? `\n\nHAProxy lets ${plan.queue.parallel} requests through at once, keeps up to ${plan.queue.places} waiting for at most ${plan.queue.waitSeconds} s, and answers 503 beyond that. It adds no capacity.`
        : ''
  return `## Where the queue is

A NodePort has no backlog, and iptables knows no load: it picks a pod at random per connection. The queue is \`listen()\` in ${serverTitle(plan.appServer)},
capped by \`net.core.somaxconn\` of the pod's network namespace (4096 since Linux 5.4; setting it on the node does not change
pods). When it is full the kernel drops SYNs: the load balancer writes 504 at 10.00 s, not 502.

Nothing here is written into the manifests: the default is enough for the backlog above. If it is not, in the pod's spec:

\`\`\`yaml
securityContext:
  sysctls:
    # unsafe: without the kubelet's --allowed-unsafe-sysctls=net.core.somaxconn the pod stays in SysctlForbidden
    - { name: net.core.somaxconn, value: "${Math.max(8192, 2 * Number(plan.values.get('app.backlog')?.to ?? 0))}" }
    # the safe ones need no flag (tcp_syncookies, ip_local_port_range, tcp_keepalive_time), and none makes this queue longer
    # never: net.ipv4.tcp_abort_on_overflow=1 turns late answers into resets
\`\`\`${front}`
}

function sizePart(plan: FixPlan): string {
  const { load, capacity } = plan
  if (!load) return ''
  const each = perPod(load)
  const lines = [
    `- ${number(load.totalPerSecond)} requests/s at the busiest moment, ${number(each.perSecond)} per ${load.podsAreGiven ? 'pod' : 'target'} (${load.pods})`,
    `- ${number(load.serviceSeconds)} s per request on average, 99 of 100 below ${number(load.p99Seconds)} s, squared variation ${number(load.cv2)}`,
    `- at most ${number(load.openMost)} open at once on one target`,
  ]
  if (load.parallel !== null && capacity) {
    lines.push(`- one pod works on ${load.parallel} at once: ${number(capacity.rho * 100)} % busy`)
    if (capacity.rho < 1)
      lines.push(
        `- ${number(waitShare(each) * 100)} % of requests wait, ${number(meanWaitSeconds(each) * 1000)} ms on average (Erlang C, Allen-Cunneen)`,
      )
    else {
      const growth = each.perSecond - each.parallel / each.serviceSeconds
      const after = { ...each, perSecond: (0.7 * each.parallel) / each.serviceSeconds }
      lines.push(
        `- a queue would grow by ${number(growth)} requests/s per pod; what a minute of that leaves takes ${number(drainSeconds(growth * 60, after))} s to work off at 70 % load`,
      )
    }
  }
  return `## Your numbers\n\n${lines.join('\n')}`
}
