import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'upstream-keepalive-mismatch',
    number: 5,
    family: 'A',
    title: 'The proxy reused a pooled connection that the app had just closed',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'app-log'],
    since: '0.1.0',
    sources: [
      source.nginxUpstream,
      source.nginxProxy,
      source.nginxUpstreamSource,
      'https://github.com/taskcluster/taskcluster/pull/6692',
      'https://github.com/kserve/kserve/issues/5446',
      source.measured(21),
      'lab: upstream-keepalive-mismatch',
    ],
  },
  docs: {
    what: 'The keep-alive race one hop further in. nginx keeps idle connections to the app for 60 s, ingress-nginx too; uvicorn or Node closes them after 5 s. Now and then nginx sends a request just as the app closes.',
    why: 'nginx repeats an idempotent request on a fresh connection, silently, and does not count it as a try. A POST that was sent is not repeated: nginx answers 502, and the load balancer passes it on.',
    act: "Make the app's keep-alive longer than the proxy's upstream pool (75 s against 60 s), or set the pool below the app's (4 s against uvicorn's 5 s).",
    inTheLog: {
      row: '`502 502`, target set, target time 0.00x s.',
      many: 'POST and PATCH fail, GET on the same route does not: 30 of 30 GET fine and 5 of 30 POST lost in the measurement. Rare, at any hour, any target.',
    },
    elsewhere: {
      appLog: 'Nothing for the failed request.',
      proxyLog:
        'nginx: `upstream prematurely closed connection while reading response header from upstream` or `recv() failed (104: Connection reset by peer)`, `$upstream_response_time` 0.00x; two addresses in `$upstream_addr` where a repeat saved it. Envoy: 503 with flag `UC`.',
      cloudwatch: '`HTTPCode_Target_5XX_Count`, not `HTTPCode_ELB_502_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep -c 'upstream prematurely closed'`",
        expect: 'more lines than 502s in the access log: the difference was repeated.',
      },
      { do: "`nginx -T | grep -A8 'upstream '`", expect: "`keepalive N` with `keepalive_timeout` above the app's." },
    ],
    fix: [
      {
        where: 'App server',
        set: 'uvicorn `--timeout-keep-alive 75`, gunicorn `--keep-alive 75`, Node `keepAliveTimeout = 75_000`',
        because: "Longer than the pool's 60 s.",
      },
      {
        where: 'nginx upstream',
        set: "`keepalive_timeout 4s;`, if the app's 5 s cannot be changed",
        because: 'nginx then closes first. Inside a pod the margin is one round trip.',
      },
      {
        where: 'ingress-nginx',
        set: '`upstream-keepalive-timeout: "4"` in the ConfigMap',
        because: 'Its default is 60 s.',
      },
      {
        where: 'nginx',
        set: '`proxy_next_upstream error timeout non_idempotent;` only if the app removes duplicates',
        because: 'A POST may have been executed.',
      },
      {
        where: 'Envoy, Istio',
        set: "`idle_timeout` of the cluster below the app's; retry on `connect-failure,refused-stream,reset-before-request`",
        because: 'The same order, and retries that cannot repeat a processed request.',
      },
    ],
    lookalikes: [
      {
        cause: 'nginx-upstream-prematurely-closed',
        tell: '`$upstream_response_time` of seconds: the app died at work; here 0.00x.',
      },
      { cause: 'application-error', tell: 'The app has the request in its log, and GET fails too.' },
      {
        cause: 'nginx-upstream-refused',
        tell: '`connect() failed (111`: a new connection, and every request for a while.',
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: "`502 -`: the same race on the load balancer's own connection.",
      },
    ],
    settledBy: [
      "nginx's error log beside `$upstream_response_time` 0.00x",
      'the rate of POST failures against GET failures on one route',
      'the two keep-alive values',
    ],
  },
})
