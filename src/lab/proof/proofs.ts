/** How the lab gets the fix of a cause. */
export type ProofBy =
  /** `why5xx fix` on the scenario's own diagnosis and manifests, with this `--front`; what it wrote runs. */
  | { readonly front: 'nginx' | 'haproxy' | 'none' }
  /** What no file can say (code, a rule of the network): the scenario's fix of this name does what the cause's page advises. */
  | { readonly byHand: string }

/** One fix of one cause, in the scenario where it must show. */
export interface Proof {
  readonly cause: string
  readonly scenario: string
  readonly by: ProofBy
  /** What it trades. */
  readonly trades?: string
  /** Why less than 99 % is what there is to have. At most two proofs have one. */
  readonly exception?: string
}

const none: ProofBy = { front: 'none' }

/** In the order of the catalogue's families. */
export const proofs: readonly Proof[] = [
  { cause: 'keepalive-shorter-than-idle-timeout', scenario: 'keepalive-race-uvicorn', by: none },
  {
    cause: 'keepalive-shorter-than-idle-timeout',
    scenario: 'keepalive-race-node',
    by: none,
    trades: 'nothing; Node’s value is a line of code, which `fix` lists under "By hand" and the lab sets',
  },
  { cause: 'keepalive-shorter-than-idle-timeout', scenario: 'keepalive-race-gunicorn', by: none },
  {
    cause: 'event-loop-stall-resets-idle-connections',
    scenario: 'event-loop-stall-resets-idle-connections',
    by: none,
    trades:
      'the stall still delays everybody on that process; only less work in the loop mends that (Node’s value is a line of code)',
  },
  { cause: 'upstream-keepalive-mismatch', scenario: 'upstream-keepalive-mismatch', by: none },
  { cause: 'nginx-upstream-prematurely-closed', scenario: 'upstream-keepalive-mismatch', by: none },
  { cause: 'proxy-sheds-idle-connections', scenario: 'proxy-sheds-idle-connections', by: none },
  {
    cause: 'proxy-reload-closes-connections',
    scenario: 'proxy-reload-closes-connections',
    by: { byHand: 'haproxy' },
    trades: 'another proxy; nginx has `keepalive_min_timeout` for this since 1.27.4, which was not measured here',
  },
  {
    cause: 'service-without-endpoints',
    scenario: 'missing-502',
    by: { front: 'nginx' },
    trades:
      'what was refused at once now waits until the stall is over; a pod that is dead stays in the Service longer',
  },
  {
    cause: 'listen-backlog-overflow',
    scenario: 'busy-pod',
    by: { front: 'nginx' },
    trades: 'the wait moves from the kernel into the proxy and the app; clients see it',
  },
  {
    cause: 'listen-backlog-overflow',
    scenario: 'listen-backlog-overflow',
    by: none,
    trades:
      'no queue adds capacity: bursts that come faster than the workers clear them wait past the idle timeout, which is worker-pool-exhausted now',
  },
  {
    cause: 'connection-refused',
    scenario: 'ready-before-listening',
    by: none,
    trades: 'a rollout waits for the probe of each pod',
  },
  { cause: 'no-local-endpoint', scenario: 'no-local-endpoint', by: none },
  {
    cause: 'security-group-or-nacl-block',
    scenario: 'blackholed-target',
    by: { byHand: 'security-group' },
  },
  {
    cause: 'zonal-imbalance',
    scenario: 'zonal-network-block',
    by: { byHand: 'network-acl' },
  },
  {
    cause: 'conntrack-table-full',
    scenario: 'conntrack-table-full',
    by: { byHand: 'larger-table' },
    trades: 'memory of the node, about 300 bytes an entry',
  },
  {
    cause: 'instance-connection-allowance-exceeded',
    scenario: 'instance-connection-allowance-exceeded',
    by: { byHand: 'larger-instance' },
    trades: 'a larger instance',
  },
  { cause: 'snat-port-exhaustion', scenario: 'snat-port-exhaustion', by: none },
  {
    cause: 'idle-flow-expired',
    scenario: 'idle-flow-expired',
    by: { byHand: 'idle-timeout' },
    trades: 'an answer that takes longer than the lower idle timeout becomes a 504',
  },
  {
    cause: 'target-tls-handshake-failure',
    scenario: 'target-tls-handshake-failure',
    by: { byHand: 'backend-protocol' },
  },
  {
    cause: 'stale-endpoint-routing',
    scenario: 'stale-endpoint-routing',
    by: none,
    trades: 'every pod lives half a minute longer',
  },
  { cause: 'node-removed-before-deregistration', scenario: 'node-removed', by: none },
  { cause: 'deregistration-race', scenario: 'rolling-deploy-without-prestop', by: none },
  { cause: 'host-unreachable', scenario: 'rolling-deploy-without-prestop', by: none },
  { cause: 'shutdown-drops-in-flight', scenario: 'grace-period-too-short', by: none },
  { cause: 'no-registered-targets', scenario: 'recreate-deploy', by: none, trades: 'a second pod' },
  { cause: 'deregistration-delay-exceeded', scenario: 'deregistration-delay-exceeded', by: none },
  {
    cause: 'all-targets-unhealthy',
    scenario: 'all-targets-unhealthy',
    by: { byHand: 'shallow-check' },
    trades: 'nothing for the requests that need the database: they fail as before, as the app’s own errors',
  },
  {
    cause: 'cold-start-overload',
    scenario: 'cold-start-overload',
    by: none,
    trades: 'the old pods carry the load for longer',
  },
  {
    cause: 'all-targets-unhealthy',
    scenario: 'fail-open-keeps-dead-target',
    by: { byHand: 'shallow-check' },
    trades: 'nothing; the dead target fails until the check, which works now, takes it out',
  },
  {
    cause: 'liveness-probe-kills-busy-pod',
    scenario: 'liveness-kills-busy-pod',
    by: none,
    trades: 'requests wait for the report to end; a pod that is really dead lives a minute longer',
  },
  { cause: 'worker-pool-exhausted', scenario: 'worker-pool-exhausted', by: { byHand: 'pods' }, trades: 'more pods' },
  { cause: 'worker-killed-mid-request', scenario: 'memory-limit-exceeded', by: { byHand: 'memory' }, trades: 'memory' },
  { cause: 'worker-timeout', scenario: 'worker-timeout', by: none },
  {
    cause: 'worker-recycling',
    scenario: 'worker-recycling',
    by: { byHand: 'no-recycling' },
    trades: 'what recycling was against must be mended first; jitter alone only spreads the losses',
  },
  {
    cause: 'target-idle-timeout',
    scenario: 'target-idle-timeout',
    by: { byHand: 'job' },
    trades: 'the client asks again for the result',
  },
  {
    cause: 'dependency-stall',
    scenario: 'dependency-stall',
    by: { byHand: 'dependency-timeout' },
    trades: 'while the database stalls, its routes answer what was known last',
  },
  {
    cause: 'cpu-throttled-target',
    scenario: 'cpu-throttled-target',
    by: none,
    trades: 'a busy pod may take what its node has to spare; requests.cpu must be what it needs',
  },
  { cause: 'event-loop-blocked', scenario: 'event-loop-blocked', by: { byHand: 'threads' } },
  {
    cause: 'early-response-to-upload',
    scenario: 'early-response-to-upload',
    by: { byHand: 'upload-drained' },
    trades: 'a refused upload is transferred to its end',
  },
  { cause: 'response-headers-too-large', scenario: 'response-headers-too-large', by: { byHand: 'smaller-cookies' } },
  { cause: 'malformed-response', scenario: 'malformed-response', by: { byHand: 'server-writes-the-head' } },
  {
    cause: 'content-length-mismatch',
    scenario: 'content-length-mismatch',
    by: { byHand: 'server-writes-the-head' },
  },
  {
    cause: 'nginx-upstream-timeout',
    scenario: 'nginx-upstream-timeout',
    by: none,
    trades: 'the slow route is waited for',
  },
  { cause: 'nginx-upstream-header-too-big', scenario: 'nginx-upstream-header-too-big', by: none },
  { cause: 'nginx-upstream-refused', scenario: 'proxy-outlives-app', by: none },
  {
    cause: 'admission-limit-rejected',
    scenario: 'admission-limit-rejected',
    by: { byHand: 'limit' },
    trades: 'the pods take more at once; if they cannot, the answer is more of them',
  },
  {
    cause: 'upstream-dns-stale-or-failed',
    scenario: 'upstream-dns-stale',
    by: { byHand: 'resolve-again' },
    trades: 'pooled connections to the application: a name in a variable has no pool',
  },
  { cause: 'nginx-no-live-upstreams', scenario: 'nginx-no-live-upstreams', by: none },
  {
    cause: 'client-gave-up',
    scenario: 'client-gave-up',
    by: { byHand: 'job' },
    trades: 'the client asks again for the result',
  },
  { cause: 'xff-too-long', scenario: 'xff-too-long', by: { byHand: 'upstream' } },
  {
    cause: 'protocol-version-mismatch',
    scenario: 'protocol-version-mismatch',
    by: { byHand: 'http1' },
    trades: 'gRPC needs a rule and a target group of its own, by host or by content type',
  },
  { cause: 'desync-blocked', scenario: 'desync-blocked', by: { byHand: 'client' } },
  {
    cause: 'waf-error',
    scenario: 'waf-error',
    by: { byHand: 'fail-open' },
    trades: 'while the web ACL is down nothing is inspected, and a request waits as long for its answer as before',
  },
  { cause: 'auth-action-failed', scenario: 'auth-action-failed', by: { byHand: 'egress' } },
  {
    cause: 'request-too-large-for-alb',
    scenario: 'request-too-large-for-alb',
    by: { byHand: 'small' },
    trades: 'the basket is kept on the server',
  },
  {
    cause: 'load-balancer-capacity',
    scenario: 'load-balancer-capacity',
    by: { byHand: 'reservation' },
    trades: 'reserved capacity costs for as long as it is reserved',
  },
]

/** Causes with a fix that no scenario of the lab shows, and why. */
export const withoutProof: Readonly<Record<string, string>> = {
  'snat-port-race':
    'the repeated SYN finds another port, so no request fails: 118 of 8,000 connections were a second late, and none with --random-fully ([measurements](measurements.md), row 26)',
  'response-truncated':
    'a cut body is no 5XX (the rows of all 15 in one run say 200); the page advises what shutdown-drops-in-flight and worker-killed-mid-request do',
}

/** What `--fix auto` of a scenario means: the first proof that has it, else the settings alone. */
export function proofByOf(scenario: string): ProofBy {
  return proofs.find((proof) => proof.scenario === scenario)?.by ?? none
}
