import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'dependency-stall',
    number: 38,
    family: 'E',
    title: 'A database, cache, DNS server or third party stopped answering, and its users waited',
    hop: 'application',
    symptoms: ['response-timeout', 'target-answered'],
    decidedBy: 'rows',
    wants: ['app-log', 'sentry', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      'https://tech.xing.com/a-reason-for-unexplained-connection-timeouts-on-kubernetes-docker-abd041cf7e02',
      source.kubeIssue(56903),
      source.albTroubleshooting,
      source.albHealthChecks,
      'lab: dependency-stall',
    ],
  },
  docs: {
    what: 'Something that every pod uses stopped or slowed down: a lock in the database, a full cache, CoreDNS, a payment provider. All pods wait for it in the same second.',
    why: "With a timeout of its own the app answers 500 or 503 at that timer. Without one the load balancer's idle timeout is the first to fire: 504.",
    act: "Name the dependency from the app's errors. Give each call a timeout of seconds and a breaker, and keep dependencies out of health checks.",
    inTheLog: {
      row: "`504 -` at the idle timeout, or a target-made 5XX with a target time at the dependency's timer (5, 10, 30 s).",
      many: 'All targets, the paths that use it, from one second to another; recovery in the same second everywhere, and what had waited is answered at once. Other paths are fine. That names the cause; which dependency it was, only the app knows. Steps of 5 s point to DNS.',
    },
    elsewhere: {
      appLog: "Errors with the dependency's name, or slow requests without an error.",
      proxyLog: 'Read timeouts to all pods at once.',
      cloudwatch:
        '`HTTPCode_Target_5XX_Count` or `HTTPCode_ELB_504_Count`, all target groups that share the dependency.',
    },
    prove: [
      {
        do: "Sentry or the app's log at the first second of the failures",
        expect: 'one exception type or one slow call in all pods.',
      },
      {
        do: '`kubectl exec POD -- time getent hosts db.example.internal`',
        expect: 'milliseconds; 5 s is a lost DNS packet that was repeated.',
      },
      { do: "The dependency's own metrics", expect: 'its latency or connections jump in that second.' },
    ],
    fix: [
      {
        where: 'App',
        set: 'connect timeout 1 s, read timeout 5 s, retries with a budget of about 10 %, a circuit breaker',
        because: 'A stalled dependency then costs an error, not a worker.',
      },
      {
        where: 'Health checks',
        set: "no dependency behind readiness or the load balancer's check",
        because: 'Otherwise one dependency takes out every pod (all-targets-unhealthy).',
      },
      {
        where: 'DNS',
        set: 'node-local DNS cache; `ndots` 2 or names with a final dot',
        because: 'Fewer lookups, fewer lost packets.',
      },
    ],
    lookalikes: [
      {
        cause: 'worker-pool-exhausted',
        tell: 'Each target at its own level of open requests; here all in one second at any load. It is often the next stage.',
      },
      {
        cause: 'target-idle-timeout',
        tell: 'One path at any time of day; here a window with sharp edges over all targets.',
      },
      {
        cause: 'application-error',
        tell: "Begins with a deploy and in the route's usual time; here at a timer, without a deploy.",
      },
      { cause: 'all-targets-unhealthy', tell: 'The check fails as well, because it asks the dependency.' },
    ],
    settledBy: [
      "the exception or slow call in the app's log at the first second",
      'the edges of the window over all targets',
    ],
  },
})
