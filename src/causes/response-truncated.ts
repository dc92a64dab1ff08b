import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'response-truncated',
    number: 29,
    family: 'D',
    title: "The target's connection ended after the response had begun, so the client got a piece of it",
    hop: 'application',
    symptoms: [],
    decidedBy: 'witness',
    wants: ['app-log', 'sentry', 'proxy-log'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albLogs, 'lab: response-truncated'],
  },
  docs: {
    what: "The response head was already on its way when the target's connection broke. The client sees a broken body: `ERR_INCOMPLETE_CHUNKED_ENCODING`, a reset HTTP/2 stream, JSON that ends in the middle.",
    why: "A status that has been sent cannot be taken back. The load balancer logs the target's own status, so this leaves no failed row at all. It follows from AWS's definitions; no row was seen that shows it.",
    act: 'When clients report broken bodies and no 5XX, look for rows of that path with far fewer `sent_bytes` than usual, and for a death of the target at that instant.',
    inTheLog: {
      row: '`200 200`, ordinary times, `sent_bytes` far below the usual for that path.',
      many: '`sent_bytes` of one path has two humps. Where witnesses are given and all whole answers of a path have one size, why5xx counts the others and says so under what is missing. The small ones coincide with `502 -` of the same target: requests that had not begun to answer.',
    },
    elsewhere: {
      appLog: 'A crash, a kill or a shutdown at that instant; or a client disconnect on the way.',
      proxyLog: 'nginx: `upstream prematurely closed connection while reading upstream`; HAProxy: flags `SD` or `sD`.',
      cloudwatch: 'Nothing.',
    },
    prove: [
      {
        do: "Compare `sent_bytes` of the client's trace id with other rows of that path",
        expect: 'a fraction of the usual size.',
      },
      { do: "`kubectl get events` and restarts at the row's time", expect: 'the target ended then.' },
    ],
    fix: [
      {
        where: 'App',
        set: 'the death itself: worker-killed-mid-request, worker-timeout, shutdown-drops-in-flight',
        because: 'Truncation is its second face.',
      },
      {
        where: 'Proxy in between',
        set: '`proxy_buffering on`',
        because: 'Small responses are then complete before the first byte goes out, or fail as a 502.',
      },
      {
        where: 'Client',
        set: 'check `Content-Length` and the end of chunked bodies, then repeat idempotent requests',
        because: 'Only the client can see it.',
      },
    ],
    lookalikes: [
      { cause: 'client-gave-up', tell: '460, or the client itself closed; here the client was waiting for the rest.' },
      { cause: 'content-length-mismatch', tell: 'Every response of the path, with the process alive.' },
    ],
    logAlone:
      'The status was sent before the answer broke off, so the row says 200 and no row fails. How many bytes an answer should have had is in no field: where sizes differ by themselves, a short one proves nothing.',
    settledBy: ['the distribution of `sent_bytes` for that path', 'a death of the target at the same instant'],
  },
})
