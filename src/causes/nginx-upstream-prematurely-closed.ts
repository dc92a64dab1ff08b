import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'nginx-upstream-prematurely-closed',
    number: 42,
    family: 'F',
    title: 'The app closed the connection to nginx before it had answered',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'app-log', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.nginxUpstreamSource,
      source.nginxProxy,
      source.measured(21),
      source.measured(22),
      'lab: upstream-keepalive-mismatch',
      'lab: nginx-upstream-prematurely-closed',
    ],
  },
  docs: {
    what: "nginx had sent the request and the app's connection ended: the worker was killed, timed out, recycled or shut down. Seen from the load balancer it is one hop further in.",
    why: 'nginx answers 502 for a response that did not come, and the load balancer passes it on. A POST is not repeated once it was sent.',
    act: 'Read `$upstream_response_time`. About 0: a stale pooled connection, see upstream-keepalive-mismatch. Seconds: the app died at work, see worker-killed-mid-request, worker-timeout, shutdown-drops-in-flight.',
    inTheLog: {
      row: '`502 502`, target set, target time = how long the app had the request.',
      many: 'The shapes of those causes: spread ages with one end (a kill), one number (a timeout), the last second of a pod (a shutdown).',
    },
    elsewhere: {
      appLog: "Cut off, or the supervisor's line: `WORKER TIMEOUT`, `was sent SIGKILL`, `Shutting down`.",
      proxyLog:
        '`upstream prematurely closed connection while reading response header from upstream` (FIN) or `recv() failed (104: Connection reset by peer)` (RST).',
      cloudwatch: '`HTTPCode_Target_5XX_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep 'prematurely closed'`",
        expect: "the upstream's address and the request line.",
      },
      { do: "Restarts and the app's log at that second", expect: 'the end of a process or a worker.' },
    ],
    fix: [
      {
        where: 'App',
        set: 'as for worker-killed-mid-request, worker-timeout or shutdown-drops-in-flight',
        because: 'nginx only reports the death.',
      },
      {
        where: 'nginx',
        set: 'at least two servers, `proxy_next_upstream error timeout; proxy_next_upstream_tries 2;`',
        because: 'GETs then succeed on another pod. Not when the request itself is the killer.',
      },
      {
        where: 'nginx',
        set: 'log `$upstream_addr $upstream_status $upstream_response_time $http_x_amzn_trace_id`',
        because: "They separate the two kinds, and join with the load balancer's log.",
      },
    ],
    lookalikes: [
      {
        cause: 'upstream-keepalive-mismatch',
        tell: '`$upstream_response_time` 0.00x, POST only, no death of the app; here seconds.',
      },
      { cause: 'nginx-upstream-timeout', tell: '504 at the timer of nginx itself, and the app lives on.' },
      { cause: 'nginx-upstream-refused', tell: 'No connection was made at all: `connect() failed`.' },
      { cause: 'application-error', tell: 'The app wrote an answer and has it in its log.' },
    ],
    settledBy: ["`$upstream_response_time` in nginx's access log", "the app's log and restarts at that second"],
  },
})
