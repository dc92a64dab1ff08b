import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'nginx-upstream-timeout',
    number: 39,
    family: 'F',
    title: 'nginx waited for the app longer than its timeout and answered 504',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'app-log'],
    since: '0.1.0',
    sources: [
      source.nginxProxy,
      source.nginxUpstreamSource,
      source.ingressNginxConfig,
      source.measured(24),
      'lab: nginx-upstream-timeout',
    ],
  },
  docs: {
    what: 'An nginx in the cluster could not connect to the app within `proxy_connect_timeout`, or got no data for `proxy_read_timeout`. Both are 60 s by default (ingress-nginx connects with 5 s).',
    why: "For nginx a timeout is 504, and the load balancer passes it on: both status columns say 504. Retries multiply the wait: three tries of 60 s take longer than the load balancer's patience, which then writes its own `504 -` and nginx logs 499.",
    act: 'Read which wait it was in nginx\'s error log. "while connecting": the app does not accept, see listen-backlog-overflow. "while reading response header": the app is slow, see target-idle-timeout. Set connect to 1 or 2 s, read below the idle timeout.',
    inTheLog: {
      row: "`504 504`, target set, target time at the sum of nginx's tries: 60.0 s, 5.0 s, or a multiple.",
      many: "Target times in one spike at nginx's timer. With 60 s on both sides it is a race of equal timers: part `504 504`, part `504 -`.",
    },
    elsewhere: {
      appLog: 'Nothing (connecting), or the request finished late.',
      proxyLog:
        '`upstream timed out (110: Connection timed out) while connecting to upstream` or `... while reading response header from upstream`; `$upstream_response_time` has one entry per try.',
      cloudwatch: '`HTTPCode_Target_5XX_Count` rises, not `HTTPCode_ELB_504_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep 'upstream timed out'`",
        expect: "one line per try with the upstream's address.",
      },
      {
        do: "`nginx -T | grep -E 'proxy_(connect|read)_timeout|next_upstream'`",
        expect: 'the values whose sum is the target time.',
      },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`proxy_connect_timeout 1s; proxy_read_timeout 20s;`',
        because:
          "Inside a cluster a connect takes milliseconds. The read timeout belongs below the load balancer's 60 s.",
      },
      {
        where: 'nginx',
        set: '`proxy_next_upstream_tries 2; proxy_next_upstream_timeout 45s;`',
        because: 'Tries are unlimited by default, and retries multiply an overload.',
      },
      {
        where: 'ingress-nginx',
        set: '`proxy-connect-timeout: "2"`, `proxy-read-timeout: "20"`',
        because: 'The same two, as annotations or in the ConfigMap.',
      },
      { where: 'App', set: "the slow route, with deadlines below nginx's", because: 'nginx only reports it.' },
    ],
    lookalikes: [
      { cause: 'target-idle-timeout', tell: '`504 -`: the load balancer gave up first, and nginx has 499.' },
      { cause: 'application-error', tell: "The app's own 504 is in the app's log, and nginx's error log is silent." },
      { cause: 'nginx-no-live-upstreams', tell: '502 in 0.000 s, nothing was tried.' },
    ],
    settledBy: [
      'nginx\'s error log: "while connecting" or "while reading"',
      '`$upstream_connect_time` and `$upstream_header_time` of the row',
    ],
    folklore: [
      {
        claim: 'nginx in front will queue for the app',
        truth:
          "nginx open source has no request queue towards an upstream. It opens a connection per request, and the wait is in the app's own accept queue.",
      },
    ],
  },
})
