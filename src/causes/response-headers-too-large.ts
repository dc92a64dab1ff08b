import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'response-headers-too-large',
    number: 30,
    family: 'D',
    title: "The response's headers were larger than the load balancer accepts",
    hop: 'application',
    symptoms: ['closed-before-response', 'answer-replaced'],
    decidedBy: 'witness',
    wants: ['app-log', 'proxy-log'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albQuotas, 'lab: response-headers-too-large'],
  },
  docs: {
    what: 'The whole response head may be 32 KB at an ALB, and that is not adjustable. Many `Set-Cookie` lines, a huge Content-Security-Policy or a redirect with its state in the URL go beyond it.',
    why: 'AWS documents 502 for it. The load balancer got a response and could not use it; the app thinks that it succeeded.',
    act: 'Measure the head of that path for an affected user. Drop cookies, shorten the policy, keep state on the server.',
    inTheLog: {
      row: "`502 -`, target set, `0.00x X -1`, X is the usual time of that path. A row `502 200` (two numbers) is consistent with AWS's definitions, not seen.",
      many: 'One path or one user, every time; others never. Grows with the number of cookies: where they come back with each request, failures begin above one size of `received_bytes`.',
    },
    elsewhere: {
      appLog:
        'A success for the same trace id. With it the cause is possible where part of a path fails, and likely where all requests above one size do and none below.',
      proxyLog:
        'nginx knows the size of the head it sent: `$bytes_sent` less `$body_bytes_sent`, more than 32768 by trace id is the proof. With its default buffers it breaks first, at 4 or 8 KB: `upstream sent too big header`, and it is `502 502` (nginx-upstream-header-too-big).',
      cloudwatch: '`HTTPCode_ELB_502_Count`; `TargetConnectionErrorCount` flat.',
    },
    prove: [
      {
        do: "Past the load balancer, with the user's cookies: `curl -sD- -o /dev/null http://POD_IP:PORT/PATH | wc -c`",
        expect: 'more than 32768.',
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'a session id instead of session content in cookies',
        because: 'The limit cannot be raised.',
      },
      {
        where: 'App',
        set: 'fewer or shorter headers: CSP with hashes in one place, no debug headers',
        because: 'All of them count together.',
      },
    ],
    lookalikes: [
      {
        cause: 'malformed-response',
        tell: "The head is small; `curl -v --raw` shows an invalid line. Both have a success in the app's log.",
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'Any path, rarely, target time near 0; here one path, every time, its usual time.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'The app has no success for the trace id, and companions end with it.',
      },
    ],
    settledBy: ['the size of the response head of that path', "a success in the app's log for the same trace id"],
  },
})
