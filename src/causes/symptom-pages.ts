import type { AnsweredBy, Symptom } from '../core/vocabulary.ts'

/** What a symptom means, for people. The rules that assign it are in symptom.ts. */
export interface SymptomPage {
  readonly symptom: Symptom
  /** One sentence. */
  readonly title: string
  /** What the row looks like, with the rule that decides. */
  readonly row: string
  readonly answeredBy: AnsweredBy
  readonly means: string
  /** Causes that can be behind it, most plausible first before any evidence is read. */
  readonly candidates: readonly { readonly cause: string; readonly when: string }[]
  readonly settledBy: readonly string[]
}

export const symptomPages: Readonly<Record<Symptom, SymptomPage>> = {
  'client-left': {
    symptom: 'client-left',
    title: 'The client closed the connection before there was an answer',
    row: '`elb_status_code` 460.',
    answeredBy: 'nobody',
    means:
      "Nobody got an answer. The client's patience ended before the load balancer's. It counts as a 4XX in CloudWatch, yet it is often a 504 that had no time to become one, so why5xx counts it as a failure. Times -1 -1 -1 mean that it left while the load balancer was still connecting to the target.",
    candidates: [
      { cause: 'client-gave-up', when: 'always: it says who left. What made it wait is the same as behind a 504.' },
    ],
    settledBy: [
      "elapsed: a pile at one number is a client's timer",
      'target times of successes on the same paths: how close are they to that timer',
      '504s on the same targets: at 10.00 s the connection was the problem, at the idle timeout the app',
    ],
  },
  'target-answered': {
    symptom: 'target-answered',
    title: 'The target answered with a 5XX',
    row: '`elb_status_code` and `target_status_code` are the same 5XX.',
    answeredBy: 'target',
    means:
      'The load balancer passed on what it got. The target is whatever listens on that address: the app, or an nginx, HAProxy, Envoy or sidecar in front of it. Which of them wrote the answer the row does not say.',
    candidates: [
      { cause: 'application-error', when: "500 in the route's usual time; the app's log has the request." },
      { cause: 'nginx-upstream-timeout', when: "504 at nginx's timer: 60.0 s, 5.0 s or a multiple." },
      { cause: 'nginx-upstream-refused', when: '502 in about 0 s, one target, an unbroken period.' },
      { cause: 'upstream-keepalive-mismatch', when: '502 in 0.00x s, POST but not GET, rarely.' },
      { cause: 'nginx-upstream-prematurely-closed', when: '502 after any time: the app ended while nginx waited.' },
      { cause: 'admission-limit-rejected', when: '503 above a ceiling of requests or rate.' },
      { cause: 'nginx-no-live-upstreams', when: '502 in 0.000 s in plateaus of 10 s.' },
      { cause: 'dependency-stall', when: "all targets in the same second, at a dependency's timeout." },
      { cause: 'worker-timeout', when: "500 at 30 s: gunicorn's sync workers from 22.0 on." },
      { cause: 'worker-pool-exhausted', when: "500 or 503 at a pool's timeout, above one level of open requests." },
      { cause: 'upstream-dns-stale-or-failed', when: '502 from nginx after pods or DNS changed.' },
      { cause: 'nginx-upstream-header-too-big', when: '502 for one path or user, every time.' },
      { cause: 'cold-start-overload', when: 'in the first minutes after a target is first seen.' },
      { cause: 'all-targets-unhealthy', when: 'every target fails its checks and the load balancer fails open.' },
    ],
    settledBy: [
      "the app's log or Sentry for one trace id: present means the app, absent means the proxy",
      "the proxy's error log: its sentence names the cause",
      'the `Server` header and body of the answer',
    ],
  },
  'answer-replaced': {
    symptom: 'answer-replaced',
    title: 'The target answered, and the load balancer answered something else',
    row: '`elb_status_code` is 5XX, `target_status_code` is another number.',
    answeredBy: 'load-balancer',
    means:
      "The target sent a status, but the load balancer did not pass its response on. AWS's definitions allow it; no public row was found that shows it, so the candidates are consistent with it, not seen.",
    candidates: [
      { cause: 'response-headers-too-large', when: 'the whole response head is over 32 KB; one path or user.' },
      { cause: 'malformed-response', when: 'an invalid header or body framing; one path, every time.' },
    ],
    settledBy: [
      'the raw response of that path: `curl -v --raw http://POD_IP:PORT/PATH`',
      'the size of its head: `curl -sD- -o /dev/null URL | wc -c`',
    ],
  },
  'lambda-failed': {
    symptom: 'lambda-failed',
    title: 'A Lambda target failed or could not be called',
    row: '`error_reason` begins with `Lambda`.',
    answeredBy: 'load-balancer',
    means:
      "The target group holds a Lambda function. The reason code says which side failed: the function and its configuration, or AWS's service.",
    candidates: [{ cause: 'lambda-limits', when: 'always: the code in `error_reason` names the limit.' }],
    settledBy: ['`error_reason` itself', "the function's log, and `LambdaUserError` beside `LambdaInternalError`"],
  },
  'rule-answered': {
    symptom: 'rule-answered',
    title: 'A listener rule, AWS WAF or authentication answered',
    row: 'Last action `fixed-response`, `waf`, `waf-failed`, `authenticate` or `redirect`, or `error_reason` begins with `Auth`, `JWT`, `JWKS`, `WAF`, `AWSALBTG` or `Weighted`.',
    answeredBy: 'load-balancer',
    means:
      'The request ended before a target was chosen. Either somebody configured that answer, or the service the rule calls (WAF, an identity provider) failed.',
    candidates: [
      { cause: 'fixed-response-rule', when: 'last action `fixed-response`.' },
      { cause: 'auth-action-failed', when: '`error_reason` `Auth*`, `JWT*` or `JWKS*`; status 401, 500, 561 or 562.' },
      { cause: 'waf-error', when: 'action `waf-failed` or `error_reason` `WAF*`; status 500.' },
      { cause: 'waf-blocked', when: "last action `waf`; status 403 or the Block action's own." },
      { cause: 'weighted-target-group-cookie', when: '`error_reason` `AWSALBTG*` or `Weighted*`.' },
    ],
    settledBy: ['the row itself: last action, `error_reason`, `matched_rule_priority`'],
  },
  'no-target': {
    symptom: 'no-target',
    title: 'The load balancer had no target to send to',
    row: '`503 -`, target `-`, forwarded, target group ARN set.',
    answeredBy: 'load-balancer',
    means:
      'A rule chose a target group, and the group had nothing registered that could be used. On an ALB it does not mean that all targets were unhealthy: then it sends to all of them. On a Classic load balancer it does, and a full surge queue looks the same.',
    candidates: [
      { cause: 'no-registered-targets', when: 'on an ALB: AWS documents 503 for it.' },
      { cause: 'all-targets-unhealthy', when: 'on a Classic load balancer only.' },
      { cause: 'zonal-imbalance', when: 'one load balancer node only, with cross-zone balancing off.' },
      {
        cause: 'load-balancer-capacity',
        when: 'on a Classic load balancer with a full surge queue (`SpilloverCount`); on an ALB in a sudden surge, not seen.',
      },
    ],
    settledBy: [
      '`aws elbv2 describe-target-health --target-group-arn ARN` at that time',
      '`HealthyHostCount` of the group: absent means none registered',
    ],
  },
  'rejected-request': {
    symptom: 'rejected-request',
    title: 'The load balancer refused the request itself',
    row: 'Target `-`, any other status that the load balancer made: 400, 405, 408, 413, 414, 463, 464, 500, 501, 505.',
    answeredBy: 'load-balancer',
    means:
      'The request was malformed, incomplete, too large or of the wrong kind, so no target was chosen. 4XX of this kind are listed as rejected and do not count as failures.',
    candidates: [
      { cause: 'client-incomplete-request', when: '400 or 408, request line `- - -` or cut short.' },
      { cause: 'desync-blocked', when: '400 with a `classification` of Severe (or Ambiguous in strictest mode).' },
      { cause: 'request-too-large-for-alb', when: '414, or 400 with 16 KB received and no body.' },
      { cause: 'protocol-version-mismatch', when: '464.' },
      { cause: 'xff-too-long', when: '463.' },
      { cause: 'load-balancer-capacity', when: '503 without a target group, in a sudden surge; CloudWatch decides.' },
    ],
    settledBy: ['the status and `classification_reason` in the row', "the client's own trace of the request"],
  },
  'closed-before-response': {
    symptom: 'closed-before-response',
    title: 'The target closed the connection before it answered',
    row: '`502 -`, target set, request time 0 or more.',
    answeredBy: 'load-balancer',
    means:
      'The request was handed over, then the connection ended without a usable response head. The target time says how long the target had it: about 0 means that it never read it, seconds mean that it died at work.',
    candidates: [
      { cause: 'keepalive-shorter-than-idle-timeout', when: 'target time below 10 ms, any path, rare, at any hour.' },
      { cause: 'worker-killed-mid-request', when: 'target times of seconds, several rows with one end.' },
      { cause: 'deregistration-race', when: "in the last seconds of a target's address, at deploys." },
      { cause: 'shutdown-drops-in-flight', when: 'one end for all, at the last second of a target.' },
      { cause: 'worker-timeout', when: 'target times in one spike, 30 s by default.' },
      {
        cause: 'event-loop-stall-resets-idle-connections',
        when: 'a burst on one Node target with one end, right after a stall.',
      },
      {
        cause: 'liveness-probe-kills-busy-pod',
        when: 'under load, followed by refusals while the container restarts.',
      },
      { cause: 'proxy-reload-closes-connections', when: 'bursts at reloads of a proxy, gaps of any length.' },
      { cause: 'proxy-sheds-idle-connections', when: 'above a level of open connections on an nginx.' },
      { cause: 'worker-recycling', when: 'after a fixed number of requests per worker.' },
      { cause: 'deregistration-delay-exceeded', when: 'long requests only, cut at one instant per target.' },
      { cause: 'malformed-response', when: 'one path, every time; the app logs a success.' },
      { cause: 'response-headers-too-large', when: 'one path or user, every time; the app logs a success.' },
      { cause: 'early-response-to-upload', when: 'POST and PUT above one size.' },
      { cause: 'listen-backlog-overflow', when: 'after several seconds, beside 504s at 10.00 s.' },
      { cause: 'content-length-mismatch', when: 'one path; the server closes after a short body.' },
      { cause: 'node-removed-before-deregistration', when: 'a node disappears, several services at once.' },
      { cause: 'idle-flow-expired', when: 'after 350 s or more of idleness.' },
    ],
    settledBy: [
      'the target time: about 0, one number, or spread',
      'whether earlier responses of that node and target ended one constant gap before',
      "the app's log for the trace id: nothing, cut off, or a success",
      'restarts and deploys at that instant',
    ],
  },
  'response-timeout': {
    symptom: 'response-timeout',
    title: 'The target was connected and did not answer in time',
    row: '`504 -`, target set, request time 0 or more; or request time -1 and elapsed above 11 s.',
    answeredBy: 'load-balancer',
    means:
      'The connection stood, the request was handed over, and no response came before the idle timeout (60 s unless changed). The distance between elapsed and that timeout is evidence.',
    candidates: [
      { cause: 'target-idle-timeout', when: 'elapsed at the idle timeout, single paths.' },
      { cause: 'event-loop-blocked', when: 'all paths of one target together, done in one batch.' },
      { cause: 'worker-pool-exhausted', when: 'above one level of open requests.' },
      { cause: 'dependency-stall', when: 'all targets in the same second.' },
      { cause: 'listen-backlog-overflow', when: 'beside 504s at 10.00 s on the same target.' },
      { cause: 'cpu-throttled-target', when: 'one deployment with a CPU limit, all paths slower.' },
      { cause: 'cold-start-overload', when: 'in the first minutes after a target is first seen.' },
      { cause: 'stale-endpoint-routing', when: 'silence on an established connection to a pod that is gone.' },
      { cause: 'content-length-mismatch', when: 'one path, elapsed = its usual time + the idle timeout.' },
      { cause: 'all-targets-unhealthy', when: 'every target, and the load balancer fails open.' },
      { cause: 'idle-flow-expired', when: 'only with an idle timeout above 350 s.' },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        when: 'on a Classic load balancer, which logs an early close as 504.',
      },
    ],
    settledBy: [
      "the app's log for the trace id: finished late, or never arrived",
      'the split by path, target and time',
      'the idle timeout: `aws elbv2 describe-load-balancer-attributes`',
    ],
  },
  'connect-failed': {
    symptom: 'connect-failed',
    title: 'The target was not reached; the log does not say how long that took',
    row: '`502 -` or `504 -`, target set, request time -1, no usable elapsed (no `request_creation_time`, or one that contradicts the rest).',
    answeredBy: 'load-balancer',
    means:
      'A target was chosen and the request was not handed over. Without elapsed, a refusal, a late refusal and a timeout cannot be told apart, except by the status: 504 is the timeout.',
    candidates: [
      { cause: 'connection-refused', when: '502, one target, an unbroken period.' },
      { cause: 'security-group-or-nacl-block', when: '504, every request to a target or zone.' },
      { cause: 'service-without-endpoints', when: '502 and 504 mixed, all nodes at once.' },
      { cause: 'deregistration-race', when: 'in the last seconds of an address.' },
      { cause: 'listen-backlog-overflow', when: '504 under load.' },
      { cause: 'host-unreachable', when: 'one address, until it is deregistered.' },
      { cause: 'no-local-endpoint', when: '504, nodes without a ready pod.' },
      { cause: 'node-removed-before-deregistration', when: 'one node that is never seen again.' },
      { cause: 'stale-endpoint-routing', when: 'seconds after endpoints changed.' },
      { cause: 'conntrack-table-full', when: '504, a share of the new connections of one node.' },
      { cause: 'target-tls-handshake-failure', when: 'target group with protocol HTTPS.' },
      { cause: 'keepalive-shorter-than-idle-timeout', when: "AWS's text allows -1 for a target that closed early." },
    ],
    settledBy: [
      'newer log rows: 22 fields and more have `request_creation_time`',
      '`TargetConnectionErrorCount` beside `TargetTLSNegotiationErrorCount`',
    ],
  },
  'connect-refused': {
    symptom: 'connect-refused',
    title: 'The target refused the connection at once',
    row: '`502 -`, target set, request time -1, elapsed below 0.5 s.',
    answeredBy: 'load-balancer',
    means:
      'A reset or an ICMP error answered the SYN, or TLS failed at once. Somebody is there to say no: the host is up, the port is not. A busy app does not refuse.',
    candidates: [
      { cause: 'connection-refused', when: 'one target, every refusal instant.' },
      { cause: 'service-without-endpoints', when: 'all nodes at once; late 502s and 504s at 10 s among them.' },
      { cause: 'deregistration-race', when: 'in the last seconds of an address, at deploys.' },
      { cause: 'worker-killed-mid-request', when: 'right after 502s with target times on the same target.' },
      { cause: 'liveness-probe-kills-busy-pod', when: 'under load, while the container restarts.' },
      { cause: 'target-tls-handshake-failure', when: 'target group with protocol HTTPS.' },
      { cause: 'stale-endpoint-routing', when: 'seconds after endpoints changed, instance targets.' },
      { cause: 'node-removed-before-deregistration', when: 'one node, several services.' },
      { cause: 'proxy-sheds-idle-connections', when: 'an nginx at its connection limit.' },
      { cause: 'host-unreachable', when: 'a router that says so at once: consistent, not seen; about 3 s is usual.' },
      { cause: 'all-targets-unhealthy', when: 'every target, and the load balancer fails open.' },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        when: "AWS's text allows -1 for a target that closed early; look for the echo.",
      },
    ],
    settledBy: [
      'one target or all nodes at once',
      'whether any of the same minutes took 1 to 7 s or 10 s',
      'pod restarts, readiness and EndpointSlices at that time',
      '`TargetConnectionErrorCount`: 0 rules out a refusal; `TargetTLSNegotiationErrorCount` counts failed handshakes',
    ],
  },
  'connect-failed-late': {
    symptom: 'connect-failed-late',
    title: 'Connecting to the target failed after seconds',
    row: '`502 -`, target set, request time -1, elapsed 0.5 to 9.5 s.',
    answeredBy: 'load-balancer',
    means:
      'The first SYN got no answer; a repeated one was refused, or the network said "unreachable" after it had looked. About 3 s is a neighbour that is gone. 1, 2, 3, 4, 5, 7 s are repeated SYNs.',
    candidates: [
      { cause: 'service-without-endpoints', when: 'at 1 to 7 s, all nodes at once, beside instant 502s.' },
      { cause: 'host-unreachable', when: 'one address at about 3 s.' },
      { cause: 'deregistration-race', when: 'the late tail of a stopping pod.' },
      { cause: 'stale-endpoint-routing', when: 'seconds after endpoints changed.' },
      { cause: 'node-removed-before-deregistration', when: 'one node that is never seen again.' },
    ],
    settledBy: [
      'one address or all nodes',
      'instant 502s in the same seconds',
      '`kubectl get pods -A -o wide | grep IP`',
    ],
  },
  'connect-timeout': {
    symptom: 'connect-timeout',
    title: 'The target did not answer the connection for 10 s',
    row: '`504 -` (or `502 -`), target set, request time -1, elapsed 9.5 to 11 s.',
    answeredBy: 'load-balancer',
    means:
      'Silence: the SYN or its answer was dropped. The 10 s are fixed; the idle timeout plays no part. The request never reached the app. A TLS handshake with the target that takes 10 s looks the same.',
    candidates: [
      { cause: 'listen-backlog-overflow', when: 'under load; successes 1 to 7 s late between them.' },
      { cause: 'service-without-endpoints', when: 'instant and late 502s in the same minutes, all nodes.' },
      { cause: 'security-group-or-nacl-block', when: 'every request from one moment on, at any load.' },
      { cause: 'no-local-endpoint', when: 'nodes without a ready pod, `externalTrafficPolicy: Local`.' },
      { cause: 'host-unreachable', when: 'one address that is gone.' },
      { cause: 'conntrack-table-full', when: 'a share of new connections of one node.' },
      { cause: 'deregistration-race', when: 'the late tail of a stopping pod.' },
      { cause: 'node-removed-before-deregistration', when: 'one node that is never seen again.' },
      { cause: 'stale-endpoint-routing', when: 'seconds after endpoints changed.' },
      {
        cause: 'instance-connection-allowance-exceeded',
        when: "as a full conntrack table, but the node's table is not full.",
      },
      { cause: 'event-loop-blocked', when: 'the loop does not accept either, and the queue is full.' },
      { cause: 'all-targets-unhealthy', when: 'every target, and the load balancer fails open.' },
      { cause: 'target-tls-handshake-failure', when: 'target group with protocol HTTPS and a starved target.' },
      { cause: 'snat-port-race', when: 'rare, instance targets with Cluster policy.' },
      { cause: 'snat-port-exhaustion', when: 'many connections from one node to one pod.' },
      { cause: 'zonal-imbalance', when: 'the rows of one load balancer node only.' },
    ],
    settledBy: [
      'does it follow load: open requests on the target at arrival',
      'successes on the same target that took 1, 2, 3 ... s longer',
      "`nstat -az TcpExtListenOverflows` in the pod's network namespace",
      'tcpdump on the target: does the SYN arrive',
    ],
  },
  unclassified: {
    symptom: 'unclassified',
    title: 'The row fits none of the rules',
    row: 'A 5XX that the load balancer made, with a target, and neither 502 nor 504; or fields that contradict each other.',
    answeredBy: 'load-balancer',
    means:
      'AWS documents no such row, or the row was edited or cut. It is shown first and explained by nothing. On a Classic load balancer a 503 with a backend is one of these.',
    candidates: [{ cause: 'load-balancer-capacity', when: 'a 503 in a surge: consistent, not seen.' }],
    settledBy: ['the row as it stands in S3', 'a support case with AWS that quotes its trace id'],
  },
}
