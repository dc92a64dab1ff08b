import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'event-loop-stall-resets-idle-connections',
    number: 2,
    family: 'A',
    title:
      'A Node process was busy past its keep-alive timeout and then destroyed connections with requests waiting on them',
    hop: 'application',
    symptoms: ['closed-before-response'],
    decidedBy: 'rows',
    wants: ['app-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.nodeHttp,
      'https://github.com/nodejs/node/issues/26166',
      source.measured(12),
      'lab: event-loop-stall-resets-idle-connections',
    ],
  },
  docs: {
    what: "CPU-bound work holds Node's event loop for longer than the keep-alive timeout (5 s by default). When the loop runs again, timers come before pending reads: every connection whose timer has passed is destroyed, although a request already waits on it.",
    why: 'The request was handed over and lay unread in the socket. Destroying the socket ends the connection before any response: `502 -`. The connection had been used just before, so this is not the ordinary keep-alive race.',
    act: 'Raise the keep-alive timeout to 75 s so that a stall cannot cross it. Then find the work that blocks the loop and move it to a worker thread.',
    inTheLog: {
      row: '`502 -`, target set, `0.00x X -1`, X is what was left of the stall: 0.1 s to many seconds.',
      many: "All failures of one target end at the same instant, their starts are spread. The gap since the connection's last use is far below the keep-alive timeout (1.1 s against 6 s in the measurement), so the echo test is silent. One slow success on the same target ends at that instant as well: the request that blocked.",
    },
    elsewhere: {
      appLog: 'No line for the failed requests; one very slow request; an event-loop-lag metric with a spike.',
      proxyLog: 'nginx in between rescues GETs and turns POSTs into 502: `upstream prematurely closed connection`.',
      cloudwatch: '`HTTPCode_ELB_502_Count` and the maximum of `TargetResponseTime` rise together.',
    },
    prove: [
      {
        do: 'Log `perf_hooks.monitorEventLoopDelay().max` once a second',
        expect: 'a value above the keep-alive timeout at that instant.',
      },
      {
        do: 'In staging, block the loop for 7 s and send 20 requests on idle connections',
        expect: '20 of 20 reset on Node 20.20; uvicorn answered all 20.',
      },
      { do: '`node --cpu-prof app.js` under load', expect: 'the function that holds the loop.' },
    ],
    fix: [
      {
        where: 'Node',
        set: '`server.keepAliveTimeout = 75_000; server.headersTimeout = 80_000`',
        because: 'A stall shorter than this destroys nothing.',
      },
      {
        where: 'Node',
        set: 'CPU work (JSON of megabytes, hashing, templates, regular expressions) in `worker_threads`',
        because: 'No task in the loop should take more than 50 ms.',
      },
    ],
    lookalikes: [
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'Each failure ends on its own, at one constant gap since the last response; here they end together, at any gap.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'The target refuses connections afterwards; here it answers at once, and a slow success ends with the failures.',
      },
      {
        cause: 'worker-timeout',
        tell: 'Target times stand at one number and the log has WORKER TIMEOUT; here they differ.',
      },
      {
        cause: 'event-loop-blocked',
        tell: 'The waiting requests are answered when the loop runs again; here they are reset. uvicorn does the former, Node the latter.',
      },
    ],
    settledBy: [
      "event-loop delay at the failures' end",
      'whether the target runs Node, and its keep-alive timeout',
      'a slow success that ends at the same instant',
    ],
  },
})
