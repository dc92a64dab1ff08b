import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'admission-limit-rejected',
    number: 44,
    family: 'F',
    title: 'A limiter in front of or inside the app refused the request',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'app-log'],
    since: '0.1.0',
    sources: [
      source.nginxLimitReq,
      source.nginxLimitConn,
      source.uvicornSettings,
      source.haproxy,
      source.envoyCircuitBreaking,
      source.measured(18),
      source.measured(19),
      source.measured(20),
      'lab: admission-limit-rejected',
    ],
  },
  docs: {
    what: 'Something is set to say no above a limit: nginx `limit_req` or `limit_conn`, uvicorn `--limit-concurrency`, HAProxy `timeout queue`, an Envoy circuit breaker, a rate limit in the app.',
    why: 'They answer 503 unless told otherwise, and the load balancer passes it on. It may be the right answer.',
    act: "Find out which limiter it was and whether its number fits the app's capacity. If it protects a full app, add capacity; if it is too low, raise it; give it 429 or a body that says who spoke.",
    inTheLog: {
      row: "`503 503`, target set, target time 0.00x s (a limiter that refuses at once) or the queue's timeout (2.00 s for HAProxy's `timeout queue 2s`).",
      many: 'A sharp knee in open requests or in requests per second, per proxy pod. With a key per client only a few clients fail.',
    },
    elsewhere: {
      appLog:
        'Nothing, or `Exceeded concurrency limit.` (uvicorn, which then closes the connection): beside the 503s, and near to few healthy requests, it names the cause.',
      proxyLog:
        'nginx: `limiting requests, excess: N by zone "Z"`, `limiting connections by zone`, `delaying request`. HAProxy: flags `sQ`. Envoy: flag `UO`, `upstream_rq_pending_overflow`.',
      cloudwatch: '`HTTPCode_Target_5XX_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep -E 'limiting (requests|connections)'`",
        expect: 'lines in the same seconds, with the zone.',
      },
      { do: "`kubectl logs APP_POD | grep 'Exceeded concurrency limit'`", expect: 'lines, if uvicorn refuses.' },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`limit_req zone=q burst=N` with rate = 0.9 * workers / service seconds and burst = rate * tolerable wait; `limit_req_status 429`',
        because: '10 requests per second with burst 50 served 40 of 40 in 4 s; with burst 20 it refused 19.',
      },
      {
        where: 'HAProxy',
        set: '`server ... maxconn N`, `timeout queue 2s` to `30s`',
        because: '`timeout queue` falls back to `timeout connect` when it is not set.',
      },
      {
        where: 'uvicorn',
        set: '`--limit-concurrency` above pool size * load balancer nodes, or none and a limit in middleware',
        because: 'It counts connections, idle keep-alive ones included.',
      },
      {
        where: 'Envoy',
        set: '`max_pending_requests` and `max_requests` as the app can serve',
        because: 'The defaults are 1024 each, per Envoy.',
      },
    ],
    lookalikes: [
      { cause: 'application-error', tell: "In the app's log with a trace; at any load." },
      { cause: 'no-registered-targets', tell: '`503 -` without a target; here both columns say 503.' },
      { cause: 'nginx-no-live-upstreams', tell: '502; that is what `max_conns` gives.' },
      { cause: 'worker-pool-exhausted', tell: 'Slow before it fails; a limiter fails fast and the others stay quick.' },
    ],
    settledBy: ["the limiter's line in the proxy's or app's log", 'the knee beside the configured number'],
    folklore: [
      {
        claim: 'The limit is on, so the app is safe',
        truth: 'A zone keyed on an empty variable (`$server_name` without a `server_name`) limits nothing at all.',
      },
    ],
  },
})
