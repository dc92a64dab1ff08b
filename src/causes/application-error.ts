import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'application-error',
    number: 59,
    family: 'I',
    title: 'The application itself answered with a 5XX',
    hop: 'application',
    symptoms: ['target-answered'],
    decidedBy: 'rows',
    wants: ['app-log', 'sentry', 'proxy-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [source.albLogs, source.albMetrics, source.repost502, 'lab: application-error'],
  },
  docs: {
    what: 'The request reached the app, and the app answered 500, 502, 503 or 504: an exception, a failed dependency that it reports, or a deliberate refusal.',
    why: 'Both status columns hold the same number. The load balancer passed the answer on and has no part in it.',
    act: "Go to the app's log and Sentry with the trace id. Look at the first failure after the last deploy, the route, and the dependency it names.",
    inTheLog: {
      row: 'The 5XX and the target status are the same number, target set, all three times 0 or more.',
      many: "One route or one build; begins with a deploy; target times like those of the route's successes, or at a dependency's timeout.",
    },
    elsewhere: {
      appLog: 'The request, its status and a stack trace.',
      proxyLog: 'nginx passes it through: `$upstream_status` is the same status, nothing in the error log.',
      cloudwatch: '`HTTPCode_Target_5XX_Count` rises, `HTTPCode_ELB_5XX_Count` stays flat.',
    },
    prove: [
      { do: '`kubectl logs deploy/NAME --since=1h | grep TRACE_ID`', expect: "the app's own record of the failure." },
      {
        do: '`curl -si http://POD_IP:PORT/PATH` past every proxy',
        expect: "the same status from the app itself, and a `Server` header that is the app's.",
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'the exception in the code, or roll back: `kubectl rollout undo deployment/NAME`',
        because: 'No setting of the load balancer changes an answer of the app.',
      },
      {
        where: 'App',
        set: 'a log line with the `X-Amzn-Trace-Id` of each request',
        because: 'It joins the two logs exactly.',
      },
      {
        where: 'App',
        set: '503 with `Retry-After` where it refuses on purpose',
        because: 'The refusal is then told apart from a fault.',
      },
    ],
    lookalikes: [
      { cause: 'nginx-upstream-timeout', tell: "504 at nginx's timer; the app has no such answer in its log." },
      { cause: 'nginx-upstream-refused', tell: "502 in about 0 s; nginx's error log has `connect() failed (111`." },
      { cause: 'upstream-keepalive-mismatch', tell: "502 in 0.00x s, POST but not GET; nothing in the app's log." },
      {
        cause: 'admission-limit-rejected',
        tell: '503 above a ceiling of requests or rate, in 0.00x s or at a queue timeout.',
      },
      { cause: 'worker-timeout', tell: "500 at gunicorn's timeout with `WORKER TIMEOUT` in the log." },
    ],
    settledBy: [
      "the app's log or Sentry for one trace id: a record there makes it the app, none makes it the proxy in front of it",
    ],
    folklore: [
      {
        claim: 'A 502 in the log was made by the load balancer',
        truth: '`502 502` was made behind it: by the app or by a proxy in the cluster.',
      },
    ],
  },
})
