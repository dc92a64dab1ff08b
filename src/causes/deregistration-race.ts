import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'deregistration-race',
    number: 19,
    family: 'C',
    title: 'A stopping pod closed its port while the load balancer still sent to it',
    hop: 'application',
    symptoms: ['connect-refused', 'closed-before-response', 'connect-failed-late', 'connect-timeout', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albTargetGroups,
      source.kubeTermination,
      source.kubeTerminatingEndpoints,
      source.readinessGate,
      source.controllerIssue(1719),
      source.controllerIssue(1064),
      source.controllerIssue(2106),
      source.controllerIssue(3270),
      source.springShutdown,
      source.measured(13),
      'lab: rolling-deploy-without-prestop',
    ],
  },
  docs: {
    what: "A pod is deleted. Kubernetes sends SIGTERM and, in parallel, takes it out of the endpoints; the controller tells the ELB API; the API tells the load balancer's nodes. Nothing waits for anything else. The app stops listening within milliseconds, and for seconds up to about two minutes some load balancer node still sends to it.",
    why: 'A new connection to a port that is closed is refused: 502 at 0 s. A reused idle connection was closed at SIGTERM: 502 just after the request was sent. Once the address is gone from the network the SYN gets no answer: 502 after about 3 s, or 504 at 10 s.',
    act: 'Keep the app listening until nobody sends to it any more: a preStop pause of 30 s to start with, measured afterwards, and a graceful stop after it. Raise `terminationGracePeriodSeconds` to preStop + drain + 5.',
    inTheLog: {
      row: '`502 -` with `-1 -1 -1` and elapsed about 0 s, or `502 -` with `0.00x 0.00x -1`, a few `504 -` at 10.00 s; the target is an address that soon vanishes.',
      many: "With ip targets: failures lie within a window before an address is last seen, one address after another at the pace of the rollout, while other addresses are seen for the first time just before. The window's length is the drain time that is missing. Outside deploys nothing. With instance targets the addresses stay, so only the pulses show.",
    },
    elsewhere: {
      appLog: 'uvicorn writes `Shutting down` just before; nothing for the failed requests.',
      proxyLog:
        'Nothing, if the proxy stops with the app. If it stops later: `connect() failed (111: Connection refused)`.',
      cloudwatch: 'Pulses in `HTTPCode_ELB_502_Count` and `TargetConnectionErrorCount` at each rollout.',
    },
    prove: [
      {
        do: 'Under constant load: `kubectl rollout restart deployment/NAME`',
        expect: "a pulse of 502s that begins within a second of each pod's `Killing` event.",
      },
      {
        do: '`kubectl get events --field-selector reason=Killing`',
        expect: 'times that match the first failure of each address.',
      },
      {
        do: '`aws elbv2 describe-target-health --target-group-arn ARN`',
        expect: 'the address turns to `draining` seconds after the failures began.',
      },
    ],
    fix: [
      {
        where: 'Pod',
        set: '`lifecycle: {preStop: {exec: {command: ["sleep", "30"]}}}`',
        because:
          'Reports: 25 s was enough for one, 40 s left rare 502s and 70 s none for another, a third saw new requests for about 2 minutes. Measure, then set.',
      },
      {
        where: 'Pod',
        set: '`terminationGracePeriodSeconds: 90`',
        because: 'preStop 30 to 40 s, drain 45 s, 5 s in reserve. At its end everything is killed.',
      },
      {
        where: 'uvicorn / gunicorn',
        set: '`--timeout-graceful-shutdown 45` / `--graceful-timeout 45`',
        because: 'Requests in flight finish after the pause.',
      },
      {
        where: 'Node',
        set: 'a SIGTERM handler that calls `server.close()`',
        because: 'Without one every connection is cut at once.',
      },
      {
        where: 'Spring Boot',
        set: '`server.shutdown=graceful`, `spring.lifecycle.timeout-per-shutdown-phase=45s`',
        because: 'The default before 3.4 stops at once.',
      },
      {
        where: 'Sidecar proxy',
        set: 'the same preStop or longer; a native sidecar',
        because: 'The proxy must be the last to go.',
      },
      {
        where: 'ALB target group',
        set: '`deregistration_delay.timeout_seconds` >= the slowest request',
        because: 'It protects requests in flight. Alone it does not help here: the pod is gone before.',
      },
    ],
    lookalikes: [
      { cause: 'connection-refused', tell: 'The address comes back after the failures; here it is never seen again.' },
      {
        cause: 'shutdown-drops-in-flight',
        tell: 'Target times are seconds and all end at one instant: requests that ran when the process ended; here they never began.',
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: "At any time of a target's life with one constant gap; here only at its end.",
      },
      {
        cause: 'node-removed-before-deregistration',
        tell: "A node's address goes and several services fail with it; here pods of one deployment.",
      },
      {
        cause: 'stale-endpoint-routing',
        tell: 'The pause is in place and the pod still answers, yet nodes send to dead addresses.',
      },
    ],
    settledBy: [
      "the pods' `Killing` events beside the first failure per address",
      'whether the pod has a preStop pause, and how long',
      'a rollout under constant load, before and after the change',
    ],
    folklore: [
      { claim: 'preStop sleep 5 is standard', truth: 'Measured needs were 25 to 70 s, once about 2 minutes.' },
      {
        claim: 'The readiness gate fixes terminations',
        truth: 'It guards the start of new pods only, and only ip targets.',
      },
      {
        claim: 'Fail the readiness probe at SIGTERM',
        truth: 'A terminating endpoint is `ready: false` already. What is missing is time for the load balancer.',
      },
      {
        claim: 'Raise the deregistration delay',
        truth: "The delay keeps running requests alive on the load balancer's side. It does not keep the pod alive.",
      },
    ],
  },
})
