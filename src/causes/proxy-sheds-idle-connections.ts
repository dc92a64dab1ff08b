import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'proxy-sheds-idle-connections',
    number: 3,
    family: 'A',
    title: 'nginx ran short of connection slots and closed idle connections that the load balancer was reusing',
    hop: 'proxy',
    symptoms: ['closed-before-response', 'connect-refused'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [source.nginxMain, source.nginxConnectionSource, source.measured(15), 'lab: proxy-sheds-idle-connections'],
  },
  docs: {
    what: 'Every nginx worker has `worker_connections` slots (512 by default) for clients, upstreams and idle connections together. When fewer than 1/16 are free, it closes idle client connections, whatever `keepalive_timeout` says. Connections just accepted that have not sent a request count as idle too.',
    why: "The load balancer had just sent a request on such a connection. It ends without a byte, so the load balancer writes `502 -`: no tidy 503, and no line in nginx's access log.",
    act: 'Raise `worker_connections` to 8192 or more and the file limit to twice that. Count two slots for each proxied request, plus the idle pools.',
    inTheLog: {
      row: '`502 -`, target set, `0.00x 0.000 -1`; some with `-1 -1 -1`.',
      many: "Begins above a level of open connections per proxy pod and hits every path. Gaps since the last use are shorter than nginx's 75 s, with no spike at one gap.",
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog:
        'nginx error log, at most once a second: `N worker_connections are not enough, reusing connections`; with nothing left to reuse: `N worker_connections are not enough`. No access-log line for the victims.',
      cloudwatch: '`HTTPCode_ELB_502_Count` follows `ActiveConnectionCount`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep 'worker_connections are not enough'`",
        expect: 'lines in the minutes of the failures.',
      },
      { do: '`curl -s http://127.0.0.1/nginx_status` (stub_status)', expect: 'Active at the limit, Waiting dropping.' },
      { do: '`nginx -T | grep worker_connections`', expect: 'a number close to Active divided by the workers.' },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`worker_connections 8192; worker_rlimit_nofile 20000;`',
        because: 'Measured with 32 slots and 100 clients: 72 closed without a byte, 14 reset, 14 answered.',
      },
      {
        where: 'nginx',
        set: '`keepalive_min_timeout 65s` on 1.27.4 or newer',
        because: 'Idle connections then survive shedding for at least that long.',
      },
      {
        where: 'Sizing',
        set: 'workers * worker_connections * 15/16 >= idle load balancer connections + 2 * requests in flight + cached upstream connections',
        because: 'Shedding starts at 1/16 free.',
      },
    ],
    lookalikes: [
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'One constant gap and worst at low traffic; here mixed gaps, above a level of connections.',
      },
      { cause: 'proxy-reload-closes-connections', tell: 'Bursts at reload times, at any number of connections.' },
      {
        cause: 'listen-backlog-overflow',
        tell: '504 at 10 s; nginx at its limit goes on accepting and closes instead.',
      },
    ],
    settledBy: ["`worker_connections are not enough` in nginx's error log", 'stub_status: Active against the limit'],
    folklore: [
      {
        claim: 'keepalive_timeout 75 s protects idle connections',
        truth: 'Not when slots run short: idle connections are what nginx gives up first.',
      },
    ],
  },
})
