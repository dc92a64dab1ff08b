import type { Fix } from '../core/diagnosis.ts'
import { advice } from './advice.ts'
import { type CauseNumbers, idleTimeout, number } from './cause-numbers.ts'
import { capacityFix } from './reach-fixes.ts'
import { renderFix } from './render-fix.ts'
import { reuseFixes } from './reuse-fixes.ts'

type FixesOf = (numbers: CauseNumbers) => readonly Fix[]

/** Family F: a reverse proxy inside the cluster made the answer. */
export const proxyFixes: Readonly<Record<string, FixesOf>> = {
  'nginx-upstream-timeout': (numbers) => {
    const idle = idleTimeout(numbers)
    const read = Math.max(1, Math.floor(idle.seconds) - 10)
    return [
      renderFix({
        set: 'proxy.connectTimeoutSeconds',
        to: 2,
        because: 'A connect inside a cluster takes milliseconds (inequality 9).',
      }),
      renderFix({
        set: 'proxy.readTimeoutSeconds',
        to: read,
        ...(numbers.timerSeconds === undefined ? {} : { from: numbers.timerSeconds }),
        because: `Below ${idle.said}, above the app's own deadline (inequality 6).`,
      }),
      renderFix({
        set: 'proxy.nextUpstreamTimeoutSeconds',
        to: read,
        because: 'Without a limit each further try multiplies the load of an overload (inequality 7).',
      }),
      ...capacityFix(numbers),
    ]
  },
  'nginx-upstream-header-too-big': () => [
    renderFix({
      set: 'proxy.headerBufferBytes',
      to: 16_384,
      because: 'The response head was larger than one memory page (4k or 8k).',
    }),
  ],
  'nginx-no-live-upstreams': () => [
    renderFix({
      set: 'proxy.maxFails',
      to: 0,
      from: 1,
      because: 'One failed try bans a server for 10 s; when all are banned every request gets 502 at once.',
    }),
    advice(
      'proxy',
      'No max_conns without a queue',
      '# remove max_conns=N: nginx open source does not wait for a free place, it answers 502\n# a true queue: why5xx fix DIAGNOSIS.json --front haproxy --output DIR',
      'In the lab max_conns=4 turned 36 of 40 requests into 502 in 0.00 s.',
    ),
  ],
  'nginx-upstream-prematurely-closed': (numbers) => reuseFixes['upstream-keepalive-mismatch']?.(numbers) ?? [],
  'nginx-upstream-refused': () => [
    renderFix({
      set: 'pod.preStopSeconds',
      to: 30,
      because: 'The pod behind the proxy was gone while the proxy still sent to it (inequality 12).',
    }),
  ],
  'admission-limit-rejected': (numbers) => [
    advice(
      'proxy',
      'A limit that fits what the app can do',
      `limit_req_zone all zone=q:64k rate=${rateOf(numbers)}r/s;   # 0.9 x parallel / service time, a constant key\nlimit_req zone=q burst=${Math.max(1, Math.round(rateOf(numbers) * 2))};               # waits at most 2 s\nlimit_req_status 503;`,
      'A limiter said no. That may be right: then the answer is capacity.',
      'Set the limit back.',
    ),
    ...capacityFix(numbers),
  ],
  'upstream-dns-stale-or-failed': () => [
    advice(
      'proxy',
      'Resolve the name again',
      'upstream app {\n    zone app 64k;\n    server app.shop.svc.cluster.local:8000 resolve;   # open source since nginx 1.27.3; else a ClusterIP name\n}\nresolver kube-dns.kube-system.svc.cluster.local valid=10s;',
      'nginx resolves a name once, at its start, unless told otherwise.',
    ),
  ],
}

function rateOf(numbers: CauseNumbers): number {
  const { concurrencyLimit, serviceSeconds } = numbers
  if (concurrencyLimit === undefined || serviceSeconds === undefined) return 100
  return Math.max(1, Math.floor((0.9 * concurrencyLimit) / serviceSeconds))
}

/** Families G and H: the client and the load balancer itself. */
export const edgeFixes: Readonly<Record<string, FixesOf>> = {
  'client-gave-up': (numbers) => [
    advice(
      'client',
      'A client that waits longer than the load balancer, or an answer that is quicker',
      `# client timeout > ${number(idleTimeout(numbers).seconds)} s (inequality 6)`,
      `The client left${numbers.timerSeconds === undefined ? '' : ` after ${number(numbers.timerSeconds)} s`}. Rising 460s are a latency alarm: look at the slow routes first.`,
    ),
  ],
  'client-incomplete-request': () => [],
  'xff-too-long': () => [
    advice(
      'proxy',
      'Break the proxy loop',
      "proxy_pass http://app.shop.svc.cluster.local:8000;   # the Service, not the load balancer's own name",
      'More than 30 addresses in X-Forwarded-For: a request that goes round in circles, or a client that grows the header. Without the header (xff_header_processing.mode=remove) a loop has no end: leave the mode alone.',
    ),
  ],
  'protocol-version-mismatch': () => [
    advice(
      'load-balancer',
      "The target group's protocol version",
      'alb.ingress.kubernetes.io/backend-protocol-version: HTTP1   # or HTTP2, GRPC',
      'The request and the target group speak different versions. HTTP2 and GRPC need an HTTPS listener.',
    ),
  ],
  'desync-blocked': () => [
    advice(
      'load-balancer',
      'See what the client sends before relaxing the mode',
      'aws elbv2 modify-load-balancer-attributes --load-balancer-arn "$LOAD_BALANCER_ARN" --attributes Key=routing.http.desync_mitigation_mode,Value=monitor',
      'The load balancer took the request for a smuggling attempt. `monitor` lets it pass: only for clients you know.',
      'Set the mode back to defensive.',
    ),
  ],
  'waf-error': () => [
    advice(
      'load-balancer',
      'Let requests pass when WAF does not answer',
      'aws elbv2 modify-load-balancer-attributes --load-balancer-arn "$LOAD_BALANCER_ARN" --attributes Key=waf.fail_open.enabled,Value=true',
      'WAF did not answer in time. Failing open trades protection for availability.',
      'Set waf.fail_open.enabled back to false.',
    ),
  ],
  'auth-action-failed': () => [
    advice(
      'load-balancer',
      'Let the load balancer reach the identity provider',
      'aws ec2 authorize-security-group-egress --group-id "$LOAD_BALANCER_SG" --protocol tcp --port 443 --cidr 0.0.0.0/0',
      'Authentication failed at the load balancer; 500 usually means that it could not reach the token endpoint.',
      'aws ec2 revoke-security-group-egress with the same arguments.',
    ),
  ],
  'request-too-large-for-alb': () => [
    advice(
      'client',
      'Smaller cookies and URLs',
      '# request line 16 K, one header 16 K, all headers 64 K: fixed limits of the load balancer',
      'The request was larger than the load balancer takes. Cookies that grow per user are the usual reason.',
    ),
  ],
  'load-balancer-capacity': () => [
    advice(
      'load-balancer',
      'Reserve capacity before a known surge',
      'alb.ingress.kubernetes.io/minimum-load-balancer-capacity: CapacityUnits=100',
      'A surge came faster than the load balancer scales.',
      'Take the annotation out again.',
    ),
  ],
  'zonal-imbalance': () => [
    advice(
      'load-balancer',
      'Targets in every zone, or cross-zone balancing',
      'topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: topology.kubernetes.io/zone\n    whenUnsatisfiable: ScheduleAnyway\n    labelSelector: { matchLabels: { app: shop } }',
      'One zone has too few targets for its share of the requests.',
      'Take the constraint out again.',
    ),
  ],
}
