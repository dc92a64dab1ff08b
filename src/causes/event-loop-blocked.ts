import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'event-loop-blocked',
    number: 35,
    family: 'E',
    title: 'Blocking code held the event loop, and every request of that process waited',
    hop: 'application',
    symptoms: ['response-timeout', 'connect-timeout'],
    decidedBy: 'rows',
    wants: ['app-log', 'kubernetes', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      'https://fastapi.tiangolo.com/async/',
      'https://github.com/mattrobinsonsre/terrapod/issues/228',
      'https://github.com/sgl-project/sglang/issues/30770',
      source.measured(12),
      'lab: event-loop-blocked',
    ],
  },
  docs: {
    what: 'One coroutine does blocking work in `async def` (a synchronous driver, `requests`, `time.sleep`, CPU work). The process has one loop: nothing else runs meanwhile, not even accept() or the health path.',
    why: 'Requests wait until the loop is free. Those that wait beyond the idle timeout are 504. If it lasts, the accept queue fills (504 at 10 s) and probes fail.',
    act: 'Find the blocking line with `py-spy dump`. Declare the endpoint `def` so that it runs in the thread pool, or use an async driver; put CPU work into processes.',
    inTheLog: {
      row: '`504 -` at the idle timeout on any path; slow 200s around it.',
      many: 'A staircase: open requests of one target grow, then a whole batch completes at one instant. Target times of all its paths jump and fall together, other targets are normal. No plateau of parallel completions: the parallelism is 1.',
    },
    elsewhere: {
      appLog:
        'Completions in bursts. asyncio in debug mode: `Executing <Task ...> took 4.200 seconds`. A loop-lag metric with spikes.',
      proxyLog: 'nginx in between: 499 or 504 at its read timeout.',
      cloudwatch: '`HTTPCode_ELB_504_Count`, the maximum of `TargetResponseTime`; `UnHealthyHostCount` blinking.',
    },
    prove: [
      {
        do: 'While it hangs: `py-spy dump --pid PID` (Node: `node --cpu-prof`)',
        expect: 'the main thread in a blocking call.',
      },
      { do: 'Set `PYTHONASYNCIODEBUG=1` in staging', expect: '`Executing ... took` lines that name the task.' },
      {
        do: "`curl -so /dev/null -w '%{time_total}\\n' http://POD_IP:PORT/health` once a second",
        expect: 'the trivial path stalls with the others.',
      },
    ],
    fix: [
      {
        where: 'FastAPI, Starlette',
        set: '`def` instead of `async def`, or `await run_in_threadpool(f)`',
        because: '40 threads then take the waiting, and the loop stays free.',
      },
      {
        where: 'Python',
        set: 'async drivers (asyncpg, httpx); `ProcessPoolExecutor` for CPU',
        because: 'Nothing may block the loop for more than 50 ms.',
      },
      { where: 'Node', set: '`worker_threads` for CPU work, no `*Sync` calls', because: 'The same rule.' },
      {
        where: 'uvicorn, gunicorn',
        set: '`--workers` = CPU limit',
        because: 'A blocked process is then not the whole pod.',
      },
    ],
    lookalikes: [
      {
        cause: 'worker-pool-exhausted',
        tell: 'Throughput is flat at c parallel completions; here it is zero, then a batch.',
      },
      {
        cause: 'target-idle-timeout',
        tell: 'Single paths; here all paths of one target together, the trivial ones too.',
      },
      {
        cause: 'event-loop-stall-resets-idle-connections',
        tell: 'The waiting requests are reset (Node with a short keep-alive); here they are answered late.',
      },
      { cause: 'cpu-throttled-target', tell: 'Every request a little slower, in steps of 100 ms; here long stops.' },
      {
        cause: 'listen-backlog-overflow',
        tell: 'It is the next stage: the loop does not accept either. Both may be said of the same minutes.',
      },
    ],
    settledBy: ['a stack dump during the stall', "loop-lag or completions in batches in the app's log"],
    folklore: [
      {
        claim: 'async makes it fast',
        truth:
          'One blocking call in `async def` makes the process serve one request at a time, health checks included.',
      },
    ],
  },
})
