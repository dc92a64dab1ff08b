import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'worker-pool-exhausted',
    number: 36,
    family: 'E',
    title: 'All workers, threads or pooled connections were busy, and requests waited for one',
    hop: 'application',
    symptoms: ['response-timeout', 'target-answered'],
    decidedBy: 'rows',
    wants: ['app-log', 'sentry', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.tomcatConnector,
      source.gunicornSettings,
      'https://docs.sqlalchemy.org/en/20/core/pooling.html',
      'https://anyio.readthedocs.io/en/stable/threads.html',
      source.albTargetGroups,
      'https://github.com/mattrobinsonsre/terrapod/issues/228',
      'lab: worker-pool-exhausted',
    ],
  },
  docs: {
    what: "The process can do c things at a time: gunicorn workers and threads, FastAPI's 40 threads, Tomcat's 200, a database pool of 5 + 10. All are busy, and further requests queue inside the process or in its accept queue.",
    why: "The wait is part of the target time. Beyond the idle timeout it is 504; at the pool's own timeout the app answers 500 or 503.",
    act: 'Find c from the log: the level of open requests at which failures begin. Then either shorten the service time, raise c where the machine and the database allow it, or add replicas, and spread by least outstanding requests.',
    inTheLog: {
      row: "`504 -` at the idle timeout, or a target-made 500 or 503 at a pool's timeout (30 s for SQLAlchemy).",
      many: 'Below a level c of open requests per target no failures, above it many: a knee. Throughput is flat at c divided by the service time while open requests grow. Target times become multiples of the service time.',
    },
    elsewhere: {
      appLog:
        'Served requests look normal, as the clock starts when a worker takes them. `QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00` (SQLAlchemy).',
      proxyLog: 'nginx in between: `upstream timed out (110` while reading.',
      cloudwatch: '`TargetResponseTime` p99 up while `RequestCountPerTarget` stays flat.',
    },
    prove: [
      {
        do: "Little's law from the log, per target: sum of target times / window",
        expect: 'a constant c while requests per second grow.',
      },
      {
        do: '`py-spy dump`, `jstack PID`, or a pool metric during the wait',
        expect: 'all threads at work or waiting for a connection.',
      },
      { do: 'Load test with c and with c + 1 parallel requests', expect: 'throughput stops growing at c.' },
    ],
    fix: [
      {
        where: 'Capacity',
        set: 'pods >= requests per second * service seconds / (0.65 * c)',
        because: 'At 0.83 use a request waits in 59 of 100 cases (c = 6), at 0.63 in 17 (c = 8).',
      },
      {
        where: 'ALB target group',
        set: '`load_balancing.algorithm.type=least_outstanding_requests`',
        because: 'Round robin ignores that a target is full.',
      },
      {
        where: 'gunicorn',
        set: "`-k gthread --workers N --threads M`; the database pool >= N * M in all, and below the database's limit",
        because: 'The smallest pool sets c.',
      },
      {
        where: 'Tomcat',
        set: '`server.tomcat.threads.max`, `server.tomcat.accept-count=100`',
        because: '200 threads by default; a queue longer than can be served in time is waste.',
      },
      {
        where: 'In front',
        set: 'HAProxy `maxconn c` with `timeout queue 2s`, or a semaphore in the app with 503 and `Retry-After`',
        because: 'An honest refusal beats a 504 whose work is done for nobody.',
      },
    ],
    lookalikes: [
      {
        cause: 'event-loop-blocked',
        tell: 'Completions stop altogether and come in a batch; here they go on at a flat rate.',
      },
      {
        cause: 'dependency-stall',
        tell: 'All targets in the same second, at any load; here each target at its own level c.',
      },
      { cause: 'listen-backlog-overflow', tell: 'Has 504s at 10.00 s: the queue behind the pool has overflowed too.' },
      { cause: 'target-idle-timeout', tell: 'Occurs at any level of open requests; no knee.' },
      { cause: 'admission-limit-rejected', tell: "Refused in 0.00x s or at a queue's timeout, on purpose." },
    ],
    settledBy: [
      'failures against open requests on the target at arrival: is there a knee',
      "the pool's size in the configuration beside that knee",
    ],
    folklore: [
      {
        claim: 'Put nginx in front, it will queue',
        truth: 'nginx open source has no queue towards an upstream: `max_conns` rejects at once with 502.',
      },
      {
        claim: 'Raise the backlog',
        truth: 'Places beyond c * (deadline - service time) / service time only turn into 504s.',
      },
    ],
  },
})
