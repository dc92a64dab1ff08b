import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'target-idle-timeout',
    number: 34,
    family: 'E',
    title: 'The target sent nothing for the whole idle timeout',
    hop: 'application',
    symptoms: ['response-timeout'],
    decidedBy: 'rows',
    wants: ['app-log', 'proxy-log', 'cloudwatch', 'sentry'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost504,
      source.albAttributes,
      source.albLogs,
      source.nginxUpstreamSource,
      'lab: target-idle-timeout',
    ],
  },
  docs: {
    what: 'The request reached the target, and no byte came back for `idle_timeout.timeout_seconds` (60 s by default). The load balancer only reports it: the time went by in the application or in what it waits for.',
    why: 'The connection was made, so this is no connect failure. The load balancer gives up after the idle timeout and writes 504. The app does not know: it usually finishes later and logs a 200.',
    act: 'Split the failures first: by path it is slow code, by target a sick pod, by time a dependency, everywhere at once saturation. Give inner calls shorter timeouts than the outer ones. Turn long work into a job with a status address, or stream a byte. Raise the idle timeout last.',
    inTheLog: {
      row: '`504 -`, target set, request time `0.00x` (or -1), target and response time -1, elapsed between the idle timeout and 1 s more: 60.0x s by default. AWS sets -1 for the wait, so read `time - request_creation_time`.',
      many: 'Elapsed stands in one spike at the idle timeout. Companions: successes with target times just below it. No failure of these paths lasts longer.',
    },
    elsewhere: {
      appLog: 'The request is there, finished later than the idle timeout, often as a 200.',
      proxyLog:
        'nginx in between logs status 499 with a request time equal to the idle timeout. ALB 504 plus nginx 499 identifies it.',
      cloudwatch:
        '`HTTPCode_ELB_504_Count` rises; `TargetResponseTime` max close to the idle timeout; `TargetConnectionErrorCount` flat.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN --query "Attributes[?Key==\'idle_timeout.timeout_seconds\']"`',
        expect: 'the seconds at which the failures stand.',
      },
      {
        do: "From a pod: `curl -so /dev/null -w '%{time_starttransfer}\\n' http://POD_IP:PORT/PATH`",
        expect: 'first byte later than the idle timeout.',
      },
      {
        do: "Look up one trace id in the app's log",
        expect: 'the same request, finished after the client got its 504.',
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'dependency timeout < request deadline < idle timeout, e.g. 5 s < 20 s < 60 s',
        because: 'The app then answers with a reason before the load balancer gives up.',
      },
      {
        where: 'App',
        set: '202 and a status address for work that takes longer than a few seconds',
        because: 'No connection has to wait for it.',
      },
      {
        where: 'Streaming routes',
        set: 'a byte (SSE comment, WebSocket ping) at least every half idle timeout: 30 s',
        because: 'The timer runs on silence, not on duration.',
      },
      {
        where: 'nginx in between',
        set: '`proxy_read_timeout 50s`',
        because: 'Equal timers race: some failures would be 504/504, some 504/-.',
      },
      {
        where: 'ALB',
        set: '`idle_timeout.timeout_seconds` up to 4000, above the slowest legitimate route',
        because: "Right for a few known slow routes only. Raise the app's keep-alive with it.",
      },
    ],
    lookalikes: [
      {
        cause: 'event-loop-blocked',
        tell: 'All paths of one target stop together and complete in one batch; here single paths.',
      },
      {
        cause: 'worker-pool-exhausted',
        tell: 'Failures begin above one level of open requests and throughput is flat there; here they occur at any load.',
      },
      {
        cause: 'content-length-mismatch',
        tell: 'The app finished in its usual time, yet the failure lasts that time plus the idle timeout.',
      },
      {
        cause: 'idle-flow-expired',
        tell: 'Only on connections that were unused for 350 s or more, and the app never saw the request.',
      },
      { cause: 'listen-backlog-overflow', tell: 'Has 504s at 10.00 s on the same target in the same minutes.' },
    ],
    settledBy: [
      "the app's log for one trace id: how long did it take, and where",
      'nginx 499 with the same duration',
      'the idle timeout of the load balancer',
    ],
    folklore: [
      {
        claim: '504 means: raise the idle timeout',
        truth:
          "At 10.00 s it has no effect at all (no connection was made). At 60 s it hides the slowness and moves the failure to the client's timer, where it becomes a 460.",
      },
      {
        claim: 'nginx 499 is users closing tabs',
        truth: 'At exactly the idle timeout it is the load balancer that left.',
      },
      {
        claim: 'A slow target time on POST is a slow app',
        truth: "Without AWS WAF the target time includes the client's upload.",
      },
    ],
  },
})
