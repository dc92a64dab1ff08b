import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'nginx-upstream-refused',
    number: 43,
    family: 'F',
    title: 'nginx could not connect to the app and answered 502',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.nginxProxy,
      source.nginxUpstream,
      source.nginxUpstreamSource,
      'lab: proxy-outlives-app',
      'lab: nginx-upstream-refused',
    ],
  },
  docs: {
    what: 'nginx runs, the app behind it does not listen: it is starting, has crashed, has stopped before the proxy in the same pod, or its address is gone.',
    why: 'Whatever goes wrong between nginx and its upstream, except a timeout, nginx answers 502. The load balancer passes it on, so both columns say 502.',
    act: "Read the errno in nginx's error log: 111 is refused (nothing listens), 113 is no route (the pod is gone). In a sidecar, let the proxy start after the app and stop after it.",
    inTheLog: {
      row: '`502 502`, target set, target time about 0.00x s.',
      many: "One target for an unbroken period: 100 % of its requests. At rollouts: the seconds between the app's end and the proxy's.",
    },
    elsewhere: {
      appLog: 'Nothing for these requests; a stop or a start beside them.',
      proxyLog:
        '`connect() failed (111: Connection refused) while connecting to upstream`, or `(113: No route to host)`; `$upstream_addr` names who was tried, one entry per try.',
      cloudwatch:
        '`HTTPCode_Target_5XX_Count` rises; `TargetConnectionErrorCount` does not: the load balancer reached nginx.',
    },
    prove: [
      { do: "`kubectl logs POD -c nginx | grep 'connect() failed'`", expect: "the errno and the upstream's address." },
      {
        do: "`kubectl get pod POD -o jsonpath='{..containerStatuses[*].restartCount}'`",
        expect: "the app's container has restarted, nginx's has not.",
      },
    ],
    fix: [
      {
        where: 'Pod with sidecar',
        set: "native sidecar (init container with `restartPolicy: Always`), nginx `preStop` at least as long as the app's end",
        because: 'The proxy starts first, stops last, and never stands alone.',
      },
      {
        where: 'Readiness',
        set: "probe the app through nginx (`/ready` on nginx's port)",
        because: 'A pod whose app is down then leaves the target group.',
      },
      {
        where: 'nginx with several servers',
        set: '`proxy_next_upstream error timeout; proxy_next_upstream_tries 2;`',
        because: 'A refused connection is safe to repeat for any method: nothing was sent.',
      },
      {
        where: 'nginx',
        set: 'a Service name instead of pod addresses, or `server ... resolve`',
        because: 'Addresses of pods go stale (upstream-dns-stale-or-failed).',
      },
    ],
    lookalikes: [
      { cause: 'connection-refused', tell: '`502 -` with -1 -1 -1: the load balancer itself was refused.' },
      {
        cause: 'nginx-no-live-upstreams',
        tell: 'Comes in plateaus of 10 s after a first error, and the log says `no live upstreams`.',
      },
      {
        cause: 'nginx-upstream-prematurely-closed',
        tell: 'The connection was made and ended before the head: `upstream prematurely closed connection`.',
      },
      { cause: 'application-error', tell: 'The app has the answer in its log.' },
    ],
    settledBy: ["the errno in nginx's error log", "restarts of the app's container"],
  },
})
