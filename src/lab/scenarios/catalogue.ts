import { fail } from '../../core/errors.ts'
import { admissionLimitRejected } from './admission-limit-rejected.ts'
import { allTargetsUnhealthy } from './all-targets-unhealthy.ts'
import { applicationError } from './application-error.ts'
import { authActionFailed } from './auth-action-failed.ts'
import { blackholedTarget } from './blackholed-target.ts'
import { busyPod } from './busy-pod.ts'
import { clientGaveUp } from './client-gave-up.ts'
import { closedWithoutResponse } from './closed-without-response.ts'
import { coldStartOverload } from './cold-start-overload.ts'
import { conntrackTableFull } from './conntrack-table-full.ts'
import { contentLengthMismatch } from './content-length-mismatch.ts'
import { cpuThrottledTarget } from './cpu-throttled-target.ts'
import { crashLoop } from './crash-loop.ts'
import { dependencyStall } from './dependency-stall.ts'
import { deregistrationDelayExceeded } from './deregistration-delay-exceeded.ts'
import { desyncBlocked } from './desync-blocked.ts'
import { earlyResponseToUpload } from './early-response-to-upload.ts'
import { eventLoopBlocked } from './event-loop-blocked.ts'
import { eventLoopStallResetsIdleConnections } from './event-loop-stall-resets-idle-connections.ts'
import { failOpenKeepsDeadTarget } from './fail-open-keeps-dead-target.ts'
import { fixedResponse } from './fixed-response.ts'
import { gracePeriodTooShort } from './grace-period-too-short.ts'
import { healthyControl } from './healthy-control.ts'
import { idleFlowExpired } from './idle-flow-expired.ts'
import { instanceConnectionAllowanceExceeded } from './instance-connection-allowance-exceeded.ts'
import { keepaliveRaceGunicorn } from './keepalive-race-gunicorn.ts'
import { keepaliveRaceNode } from './keepalive-race-node.ts'
import { keepaliveRaceNodePort } from './keepalive-race-node-port.ts'
import { keepaliveRaceUvicorn } from './keepalive-race-uvicorn.ts'
import { listenBacklogOverflow } from './listen-backlog-overflow.ts'
import { livenessKillsBusyPod } from './liveness-kills-busy-pod.ts'
import { loadBalancerCapacity } from './load-balancer-capacity.ts'
import { malformedResponse } from './malformed-response.ts'
import { memoryLimitExceeded } from './memory-limit-exceeded.ts'
import { missing502 } from './missing-502.ts'
import { nginxNoLiveUpstreams } from './nginx-no-live-upstreams.ts'
import { nginxUpstreamHeaderTooBig } from './nginx-upstream-header-too-big.ts'
import { nginxUpstreamPrematurelyClosed } from './nginx-upstream-prematurely-closed.ts'
import { nginxUpstreamRefused } from './nginx-upstream-refused.ts'
import { nginxUpstreamTimeout } from './nginx-upstream-timeout.ts'
import { noLocalEndpoint } from './no-local-endpoint.ts'
import { noRegisteredTargets } from './no-registered-targets.ts'
import { nodeRemoved } from './node-removed.ts'
import { protocolVersionMismatch } from './protocol-version-mismatch.ts'
import { proxyOutlivesApp } from './proxy-outlives-app.ts'
import { proxyReloadClosesConnections } from './proxy-reload-closes-connections.ts'
import { proxyShedsIdleConnections } from './proxy-sheds-idle-connections.ts'
import { readyBeforeListening } from './ready-before-listening.ts'
import { recreateDeploy } from './recreate-deploy.ts'
import { requestTooLargeForAlb } from './request-too-large-for-alb.ts'
import { responseHeadersTooLarge } from './response-headers-too-large.ts'
import { responseTruncated } from './response-truncated.ts'
import { rollingDeployWithPrestop } from './rolling-deploy-with-prestop.ts'
import { rollingDeployWithoutPrestop } from './rolling-deploy-without-prestop.ts'
import type { Scenario } from './scenario.ts'
import { serviceWithoutEndpoints } from './service-without-endpoints.ts'
import { snatPortExhaustion } from './snat-port-exhaustion.ts'
import { staleEndpointRouting } from './stale-endpoint-routing.ts'
import { targetIdleTimeout } from './target-idle-timeout.ts'
import { targetTlsHandshakeFailure } from './target-tls-handshake-failure.ts'
import { twoCauses } from './two-causes.ts'
import { upstreamDnsStale } from './upstream-dns-stale.ts'
import { upstreamKeepaliveMismatch } from './upstream-keepalive-mismatch.ts'
import { wafError } from './waf-error.ts'
import { workerKilledMidRequest } from './worker-killed-mid-request.ts'
import { workerPoolExhausted } from './worker-pool-exhausted.ts'
import { workerRecycling } from './worker-recycling.ts'
import { workerTimeout } from './worker-timeout.ts'
import { xffTooLong } from './xff-too-long.ts'
import { zonalNetworkBlock } from './zonal-network-block.ts'

/** In the order of `why5xx lab list`: the founding incident first, controls last. */
export const scenarios: readonly Scenario[] = [
  missing502,
  busyPod,
  keepaliveRaceUvicorn,
  keepaliveRaceNodePort,
  keepaliveRaceNode,
  keepaliveRaceGunicorn,
  closedWithoutResponse,
  eventLoopStallResetsIdleConnections,
  eventLoopBlocked,
  dependencyStall,
  listenBacklogOverflow,
  workerPoolExhausted,
  coldStartOverload,
  cpuThrottledTarget,
  serviceWithoutEndpoints,
  noLocalEndpoint,
  staleEndpointRouting,
  crashLoop,
  readyBeforeListening,
  blackholedTarget,
  zonalNetworkBlock,
  conntrackTableFull,
  instanceConnectionAllowanceExceeded,
  snatPortExhaustion,
  idleFlowExpired,
  targetTlsHandshakeFailure,
  nodeRemoved,
  rollingDeployWithoutPrestop,
  rollingDeployWithPrestop,
  gracePeriodTooShort,
  recreateDeploy,
  deregistrationDelayExceeded,
  noRegisteredTargets,
  allTargetsUnhealthy,
  failOpenKeepsDeadTarget,
  workerKilledMidRequest,
  memoryLimitExceeded,
  responseTruncated,
  workerTimeout,
  livenessKillsBusyPod,
  workerRecycling,
  targetIdleTimeout,
  clientGaveUp,
  responseHeadersTooLarge,
  malformedResponse,
  contentLengthMismatch,
  earlyResponseToUpload,
  applicationError,
  admissionLimitRejected,
  fixedResponse,
  wafError,
  authActionFailed,
  loadBalancerCapacity,
  xffTooLong,
  protocolVersionMismatch,
  desyncBlocked,
  requestTooLargeForAlb,
  nginxUpstreamTimeout,
  nginxUpstreamRefused,
  nginxUpstreamPrematurelyClosed,
  nginxUpstreamHeaderTooBig,
  proxyOutlivesApp,
  nginxNoLiveUpstreams,
  upstreamDnsStale,
  upstreamKeepaliveMismatch,
  proxyShedsIdleConnections,
  proxyReloadClosesConnections,
  twoCauses,
  healthyControl,
]

export function scenarioById(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id)
  return found ?? fail('LAB_SCENARIO_UNKNOWN', { id, known: scenarios.map((scenario) => scenario.id).join(', ') })
}
