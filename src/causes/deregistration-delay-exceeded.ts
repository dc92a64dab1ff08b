import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'deregistration-delay-exceeded',
    number: 20,
    family: 'C',
    title: 'A request ran longer than the deregistration delay of a draining target, and the load balancer cut it',
    hop: 'load-balancer',
    symptoms: ['closed-before-response'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log', 'proxy-log'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.albTargetGroupAttributes,
      source.albTargetGroups,
      'lab: deregistration-delay-exceeded',
    ],
  },
  docs: {
    what: 'A target was taken out of its group while a long request was running on it. The load balancer lets requests in flight finish for `deregistration_delay.timeout_seconds` (300 by default), then it ends them.',
    why: 'AWS documents 502 for a deregistration period that ends with the request in flight. The app did nothing wrong and sees a client that went away.',
    act: "Set the delay at or above the slowest request you mean to keep (0 to 3600 s), and the pod's grace period above that. Let clients of streams and downloads reconnect and resume.",
    inTheLog: {
      row: '`502 -`, target set, `0.00x X -1`; the request began before draining; elapsed may exceed 300 s for streams.',
      many: "Long requests only (downloads, SSE, long polls, exports), all cut at one instant per target, the delay after the target's last new request. That address is not seen again.",
    },
    elsewhere: {
      appLog: 'Client disconnected, request cancelled.',
      proxyLog: 'nginx in between: 499.',
      cloudwatch: 'A small pulse of `HTTPCode_ELB_502_Count` the delay after each rollout step.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-target-group-attributes --target-group-arn ARN`',
        expect: "`deregistration_delay.timeout_seconds` = the time from the target's last new request to the cut.",
      },
      { do: 'Start a long download, then `kubectl delete pod POD`', expect: 'the download ends after the delay.' },
    ],
    fix: [
      {
        where: 'ALB target group',
        set: '`deregistration_delay.timeout_seconds` >= p99.9 of request durations',
        because: 'It is what running requests may use.',
      },
      {
        where: 'Pod',
        set: '`terminationGracePeriodSeconds` >= delay + preStop',
        because: 'The pod must live as long as its requests may.',
      },
      {
        where: 'Client',
        set: 'resume (Range requests, `Last-Event-ID`)',
        because: 'Every long connection is cut some day.',
      },
    ],
    lookalikes: [
      {
        cause: 'shutdown-drops-in-flight',
        tell: 'The process ended: requests of any length, at the end of the grace period; here only those longer than the delay, and the app lives on.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'The address comes back and refuses for a while; here it is gone for good.',
      },
      {
        cause: 'deregistration-race',
        tell: 'Target times near 0 at the start of draining; here seconds to minutes, at its end.',
      },
    ],
    settledBy: [
      'the delay of the target group beside the time from the last new request to the cut',
      "the app's log: cancelled by the client, not ended by the process",
    ],
    folklore: [
      {
        claim: 'Set the delay to 0 for fast rollouts',
        truth: 'Then every request in flight is cut at once. A delay ends early by itself when nothing is in flight.',
      },
    ],
  },
})
