import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'client-gave-up',
    number: 46,
    family: 'G',
    title: 'The client closed the connection before the answer was there',
    hop: 'client',
    symptoms: ['client-left'],
    decidedBy: 'row',
    wants: ['app-log', 'proxy-log', 'sentry'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.albMetrics,
      source.albLogs,
      'https://github.com/elastic/beats/blob/main/x-pack/filebeat/module/aws/elb/test/application-lb-http.log',
      'lab: client-gave-up',
    ],
  },
  docs: {
    what: "The client hung up before the load balancer's idle timeout passed: its own timeout is shorter than the response, the page was left, the app on the phone went to sleep, or an SDK retries early.",
    why: 'Nobody is there to answer, so the load balancer writes 460 for its own books. The client never sees that number. CloudWatch counts it as a 4XX, so it hides from 5XX alarms.',
    act: "Read the wait. A pile at 5, 10 or 30 s is a client's timer: treat it as a latency alarm and look at what was slow on those paths. Set the client's timeout above the load balancer's, and the app's below.",
    inTheLog: {
      row: '`460 -`, target set, `sent_bytes` 0. Times `-1 -1 -1`: it left while the load balancer was still connecting (5.72 s seen). Times `0.003 -1 -1`: it left while waiting for the target (7.35 s seen).',
      many: 'Elapsed stands in spikes at client timers (1, 2, 3, 5, 10, 29, 30, 60 s), each with its own user agent. Without a spike it is people leaving. It rises with the target times of the same paths.',
    },
    elsewhere: {
      appLog: 'A cancelled request or a disconnect, or a 200 that nobody read.',
      proxyLog: 'nginx logs 499 when the load balancer passes the hang-up on.',
      cloudwatch:
        'Inside `HTTPCode_ELB_4XX_Count`, not in any 5XX metric. With CloudFront in front the client is CloudFront.',
    },
    prove: [
      {
        do: "Ask the client's owner for its timeout (`requests` timeout, axios `timeout`, SDK defaults, CloudFront origin response timeout)",
        expect: 'the seconds at which elapsed piles up.',
      },
      {
        do: 'Compare the target times of successes on the same paths',
        expect: 'their p99 close to or above that timer.',
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'the slow path, as for target-idle-timeout',
        because: 'A 460 at a fixed wait would have been a slow 200 or a 504.',
      },
      {
        where: 'Client',
        set: "timeout above the load balancer's idle timeout (65 s against 60 s), with a retry budget of about 10 %",
        because: 'Then the failure has a status and a reason, and retries do not double the load.',
      },
      { where: 'Alarm', set: 'count 460 with the 504s', because: 'They are the same trouble seen with less patience.' },
    ],
    lookalikes: [
      {
        cause: 'target-idle-timeout',
        tell: "504 at the load balancer's timer; 460 lies at a client's timer below it. Same slowness.",
      },
      {
        cause: 'security-group-or-nacl-block',
        tell: '460 with times -1 -1 -1 and less than 10 s: the client left while the load balancer could not connect. Look for 504s at 10.00 s on the same target.',
      },
      {
        cause: 'client-incomplete-request',
        tell: '400 or 408 without a target: the client never sent the whole request.',
      },
    ],
    settledBy: [
      "the client's timeout",
      'target times of successes on the same paths',
      'whether 504s at 10.00 s stand on the same targets',
    ],
    folklore: [
      {
        claim: "460 and 499 are the client's fault",
        truth: "A rise at a fixed wait is your latency, measured with the client's patience.",
      },
    ],
  },
})
