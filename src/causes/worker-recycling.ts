import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'worker-recycling',
    number: 28,
    family: 'D',
    title: 'A worker ended after its maximum number of requests and took kept-alive connections with it',
    hop: 'application',
    symptoms: ['closed-before-response'],
    decidedBy: 'rows',
    wants: ['app-log'],
    since: '0.1.0',
    sources: [
      source.gunicornSettings,
      source.uvicornSettings,
      'https://github.com/benoitc/gunicorn/issues/3038',
      'https://github.com/benoitc/gunicorn/issues/2297',
      'https://github.com/benoitc/gunicorn/pull/2288',
      'lab: worker-recycling',
    ],
  },
  docs: {
    what: '`max_requests` (gunicorn), `--limit-max-requests` (uvicorn), `pm.max_requests` (PHP-FPM) or a worker killer (Puma) replaces a worker after N requests. The worker still holds idle keep-alive connections, and closes them.',
    why: 'A request that the load balancer puts on such a connection at that moment is lost: `502 -` with a target time near 0.',
    act: 'Raise N, add jitter so that workers do not go together, or do without recycling once the leak is repaired.',
    inTheLog: {
      row: '`502 -`, target set, `0.00x 0.00x -1`.',
      many: 'The period is a number of requests per worker, not a time: it is shorter at rush hour. One target at a time; with a jitter of 0 all workers of a pod together. Half as often with twice the N.',
    },
    elsewhere: {
      appLog:
        '`Autorestarting worker after current request` (gunicorn), `Maximum request limit of N exceeded. Terminating process.` (uvicorn).',
      proxyLog:
        'nginx in between: `upstream prematurely closed connection` or `recv() failed (104`, with a time of 0.00x.',
      cloudwatch: 'A thin, steady `HTTPCode_ELB_502_Count` in proportion to traffic.',
    },
    prove: [
      {
        do: "`kubectl logs POD | grep -E 'Autorestarting|Maximum request limit'`",
        expect: 'a line at each small burst.',
      },
      {
        do: "Count the target's requests between two bursts",
        expect: 'N times the number of workers, within the jitter.',
      },
    ],
    fix: [
      {
        where: 'gunicorn',
        set: '`--max-requests 10000 --max-requests-jitter 2000`',
        because: 'Rarer, and not all at once.',
      },
      {
        where: 'uvicorn',
        set: '`--limit-max-requests 10000` with `--limit-max-requests-jitter`, or none',
        because: 'Without a supervisor the whole process ends at the limit.',
      },
      { where: 'App', set: 'the leak that made recycling necessary', because: 'Then it can be switched off.' },
    ],
    lookalikes: [
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'One constant gap in seconds; here any gap and a constant number of requests.',
      },
      {
        cause: 'proxy-reload-closes-connections',
        tell: 'The period is in time (deploys, certificates); here in requests.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'Target times of seconds: requests at work die. A recycled worker finishes its current one.',
      },
    ],
    settledBy: ["the recycling lines of the app's log beside the bursts", 'requests per worker between bursts'],
  },
})
