import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'nginx-no-live-upstreams',
    number: 41,
    family: 'F',
    title: 'nginx had no upstream server left that it was willing to try',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log'],
    since: '0.1.0',
    sources: [
      source.nginxUpstream,
      source.nginxUpstreamSource,
      source.measured(16),
      source.measured(17),
      'lab: nginx-no-live-upstreams',
    ],
  },
  docs: {
    what: 'Either every server of the upstream is banned: one error (`max_fails=1`) bans a server for `fail_timeout`, 10 s. Or every server is at its `max_conns`: nginx open source does not wait for a free one.',
    why: 'Nothing was tried, so nginx answers 502 at once and the load balancer passes it on.',
    act: 'Set `max_fails=0` where Kubernetes already decides who is ready. Take `max_conns` out, or put a real queue in front. Then look at the first error before the plateau: it is the real one.',
    inTheLog: {
      row: '`502 502`, target set, target time 0.000 or 0.001.',
      many: 'Plateaus of 10 s after a first, slower failure; or a ceiling: failures exactly above one number of open requests (36 of 40 with `max_conns=4`).',
    },
    elsewhere: {
      appLog: 'Nothing for these requests.',
      proxyLog:
        "`no live upstreams while connecting to upstream`; `$upstream_addr` holds the upstream's name instead of an address.",
      cloudwatch: '`HTTPCode_Target_5XX_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep -B3 'no live upstreams' | head`",
        expect: 'the error that banned the servers, just before.',
      },
      {
        do: "`nginx -T | grep -E 'max_fails|max_conns|fail_timeout|server .*:'`",
        expect: 'at least two servers without `max_fails=0`, or a `max_conns`.',
      },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`server ADDRESS max_fails=0;`',
        because: 'A single hiccup then bans nobody. A single-server upstream is never banned anyway.',
      },
      {
        where: 'nginx',
        set: 'no `max_conns` without a queue; HAProxy `maxconn` with `timeout queue`, or NGINX Plus `queue`',
        because: 'Open source nginx rejects, it does not wait.',
      },
      {
        where: 'nginx',
        set: '`proxy_next_upstream_tries 2`',
        because: 'Unlimited tries ban every server in one request.',
      },
      {
        where: 'Deployment',
        set: '2 replicas or more behind the name',
        because: 'One failing pod must not be all of them.',
      },
    ],
    lookalikes: [
      { cause: 'nginx-upstream-refused', tell: 'Each request is tried and gets an errno; here none is.' },
      { cause: 'admission-limit-rejected', tell: '503 instead of 502 for `limit_conn` and `limit_req`.' },
      {
        cause: 'upstream-dns-stale-or-failed',
        tell: '`host not found` or connect errors to addresses that no pod has.',
      },
    ],
    settledBy: ["`no live upstreams` in nginx's error log, and the line before the first of them"],
    folklore: [
      {
        claim: 'max_conns protects the app by queueing',
        truth: 'In open source nginx it answers 502 in 0.00 s: 36 of 40 in the measurement.',
      },
    ],
  },
})
