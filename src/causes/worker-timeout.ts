import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'worker-timeout',
    number: 27,
    family: 'D',
    title: 'A supervisor killed a worker that had been silent for too long',
    hop: 'application',
    symptoms: ['closed-before-response', 'target-answered'],
    decidedBy: 'rows',
    wants: ['app-log', 'kubernetes', 'sentry'],
    since: '0.1.0',
    sources: [
      source.gunicornSettings,
      source.gunicornAbortCommit,
      source.repost502,
      source.measured(14),
      'lab: worker-timeout',
    ],
  },
  docs: {
    what: "gunicorn's arbiter (uWSGI's `harakiri`, PHP-FPM's `request_terminate_timeout`) ends a worker that has not reported for `timeout` seconds, 30 by default. Everything that worker was doing ends with it, the slow request and its innocent neighbours.",
    why: 'It depends on version and worker class. gunicorn sync from 22.0 on answers 500 itself: the log has `500 500`. Sync up to 21, and UvicornWorker with a blocked loop, just close: `502 -` after the timeout. gthread does not kill a slow request at all, and plain uvicorn has no such timer.',
    act: 'Find out what the worker was waiting for, and give that its own shorter timeout. Then order the timers: dependency < request < worker timeout < proxy read timeout < idle timeout.',
    inTheLog: {
      row: '`502 -`, target set, `0.00x X -1`, X between the timeout and about 1.7 s more (30 s by default); or `500 500` with the same target time.',
      many: 'Target times of the failures stand in one spike just above a round number. One path causes it, but all requests of that worker end at the same instant; the guilty one is the longest. gunicorn checks in steps: a timeout of 8 s killed after 8.0 to 9.7 s, one of 3 s after 3.4 to 3.6 s.',
    },
    elsewhere: {
      appLog: '`[CRITICAL] WORKER TIMEOUT (pid:N)`, then `Worker (pid:N) was sent SIGABRT!` and a new worker booting.',
      proxyLog:
        "nginx in between: `upstream prematurely closed connection while reading response header`, and the load balancer's row is `502 502`.",
      cloudwatch:
        '`HTTPCode_ELB_502_Count` when it closes, `HTTPCode_Target_5XX_Count` when it answers 500. `TargetResponseTime` max at the timer.',
    },
    prove: [
      { do: "`kubectl logs POD | grep 'WORKER TIMEOUT'`", expect: 'a line at the end of each group of failures.' },
      {
        do: "Read the command line: `kubectl get deploy NAME -o jsonpath='{..command}{..args}'`",
        expect: 'a `--timeout` that matches the spike, or none (30 s).',
      },
      { do: '`py-spy dump --pid WORKER` while a request hangs', expect: 'the line of code that waits.' },
    ],
    fix: [
      {
        where: 'App',
        set: 'a timeout on every outgoing call, e.g. 5 s; slow work as a background job',
        because: 'The worker then answers an error of its own, and its neighbours live.',
      },
      {
        where: 'gunicorn',
        set: '`--timeout 45`, below nginx `proxy_read_timeout` and the idle timeout of 60 s',
        because: 'Inner timers must fire first and say why.',
      },
      {
        where: 'gunicorn',
        set: '`-k gthread --threads N`, or an async worker with no blocking calls in it',
        because: 'The heartbeat then does not depend on one request.',
      },
      {
        where: 'Async workers',
        set: 'move CPU work and blocking calls out of `async def`',
        because: 'The killed worker was not slow, its loop was blocked.',
      },
    ],
    lookalikes: [
      {
        cause: 'worker-killed-mid-request',
        tell: 'Ages at death are spread over all values; here they stand at one number.',
      },
      {
        cause: 'liveness-probe-kills-busy-pod',
        tell: 'The container restarts and its port refuses for a while; here only a worker restarts and the target goes on answering.',
      },
      { cause: 'target-idle-timeout', tell: "504 at the idle timeout; here 502 or 500 at the worker's timer." },
      {
        cause: 'event-loop-stall-resets-idle-connections',
        tell: 'Target times differ while the end is shared, and nothing is killed; the log has no WORKER TIMEOUT.',
      },
    ],
    settledBy: [
      "`WORKER TIMEOUT` in the app's log at the failures' end",
      "the supervisor's timeout beside the spike in target time",
    ],
    folklore: [
      { claim: "gunicorn's timeout gives 502", truth: '500 since 22.0 for sync workers, nothing at all for gthread.' },
      {
        claim: 'WORKER TIMEOUT names the guilty request',
        truth: 'An async worker takes all its requests with it. The guilty one is the longest.',
      },
    ],
  },
})
