import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'early-response-to-upload',
    number: 33,
    family: 'D',
    title: 'The target refused an upload and closed while the load balancer was still sending it',
    hop: 'application',
    symptoms: ['closed-before-response'],
    decidedBy: 'rows',
    wants: ['app-log', 'proxy-log'],
    since: '0.1.0',
    sources: [source.nginxCore, source.albTroubleshooting, source.albLogs, 'lab: early-response-to-upload'],
  },
  docs: {
    what: 'The target answered early (413, 401, 400) and closed the connection with unread body left. The kernel then sends a reset, and the reset can overtake the answer.',
    why: 'The load balancer sees a connection that broke while it was sending: 502 instead of the 413 that was meant. Inferred from how TCP closes with unread data; no load balancer row was seen that shows it.',
    act: 'Raise the limit on every hop to what you mean to accept, and let the server read or drain the rest before it closes.',
    inTheLog: {
      row: '`502 -`, target set, small target time, `received_bytes` of what came before the end (20 to 111 KB of 1.3 to 3 MB in the lab); or `413 413` when the answer wins.',
      many: 'One path has both: `413 413` for some uploads, `502 -` for others. Only POST and PUT above one size, the limit; below it all is well. From five `413 413` on, with hardly any other 502 on that path, this names the cause without a log of the app.',
    },
    elsewhere: {
      appLog: '413, 400 or 401 for the trace id of a 502, early: that names the cause.',
      proxyLog:
        'nginx: `client intended to send too large body: N bytes`, and 413: nginx lingers on close, so its answer usually arrives.',
      cloudwatch: '`HTTPCode_ELB_502_Count`.',
    },
    prove: [
      {
        do: '`head -c 5000000 /dev/zero | curl -si --data-binary @- http://POD_IP:PORT/PATH`',
        expect: '413 and a reset or a broken pipe, above one size only.',
      },
      { do: '`nginx -T | grep client_max_body_size`', expect: '1m, the default, or whatever the size is.' },
    ],
    fix: [
      { where: 'nginx', set: '`client_max_body_size 10m;`', because: 'The default is 1 MB.' },
      {
        where: 'ingress-nginx',
        set: '`nginx.ingress.kubernetes.io/proxy-body-size: 10m`',
        because: 'The default is 1 MB.',
      },
      { where: 'Express', set: "`express.json({ limit: '10mb' })`", because: 'The default is 100 kB.' },
      {
        where: 'App',
        set: 'check authorisation before the body is accepted, and drain the body before closing',
        because: 'The client then sees the real answer.',
      },
    ],
    lookalikes: [
      {
        cause: 'worker-killed-mid-request',
        tell: 'Companions end at the same instant and the target refuses afterwards; here single large uploads.',
      },
      { cause: 'keepalive-shorter-than-idle-timeout', tell: 'Any method and size; here only bodies above one size.' },
      { cause: 'client-incomplete-request', tell: '400 or 408 without a target: the client stopped sending.' },
    ],
    settledBy: [
      "the app's or proxy's log for the trace id: an early 4XX",
      '`received_bytes` of failures against successes on that path',
    ],
  },
})
