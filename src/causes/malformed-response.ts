import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'malformed-response',
    number: 31,
    family: 'D',
    title: "The target's response was not valid HTTP",
    hop: 'application',
    symptoms: ['closed-before-response', 'answer-replaced'],
    decidedBy: 'witness',
    wants: ['app-log', 'proxy-log'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      'https://github.com/nginx/nginx/pull/304',
      'https://github.com/haproxy/haproxy/issues/2677',
      'RFC 9112 section 6',
      'lab: malformed-response',
    ],
  },
  docs: {
    what: 'An invalid header name or value, `Transfer-Encoding: chunked` twice, Content-Length and Transfer-Encoding together, a bad chunk, HTTP/2 on an HTTP/1 port, a 204 with a body, or garbage left over from the previous response.',
    why: 'AWS documents 502 for a malformed response. The request was handled; the answer could not be read.',
    act: 'Look at the raw bytes of that path with `curl -v --raw`. Usually somebody sets a framing header by hand that the server sets as well: remove it.',
    inTheLog: {
      row: "`502 -`, target set, `0.00x X -1`, X is the usual time of that path. A row with two different numbers (`502 200`) is consistent with AWS's definitions, not seen.",
      many: 'One path, every time, from a release on.',
    },
    elsewhere: {
      appLog: 'A success for the same trace id. With it, and all requests of the path failing, the cause is possible.',
      proxyLog:
        'nginx in between: `upstream sent duplicate header line: "Transfer-Encoding: chunked"` or `upstream sent invalid header`, and the row is `502 502`.',
      cloudwatch: '`HTTPCode_ELB_502_Count`; `TargetConnectionErrorCount` flat.',
    },
    prove: [
      {
        do: '`curl -sv --raw http://POD_IP:PORT/PATH 2>&1 | head -40`',
        expect: 'a doubled or invalid header line, or a body where none may be.',
      },
      { do: '`tcpdump -ni any -A tcp port PORT`', expect: 'the same bytes, and the load balancer closing.' },
    ],
    fix: [
      {
        where: 'App',
        set: 'remove hand-set `Transfer-Encoding`, `Content-Length` and `Connection`',
        because: 'The server sets them from what it really sends.',
      },
      {
        where: 'App',
        set: 'no header values with line breaks or control characters',
        because: 'A copied value with a newline ends the head early.',
      },
      {
        where: 'Target group',
        set: 'protocol version as the target speaks it: HTTP1, HTTP2 or GRPC',
        because: 'HTTP/2 frames on an HTTP/1 connection are garbage.',
      },
    ],
    lookalikes: [
      { cause: 'response-headers-too-large', tell: 'The head is valid and over 32 KB.' },
      {
        cause: 'content-length-mismatch',
        tell: "The head is valid and the body has another length; the app's log names it, or it is 504 after the idle timeout.",
      },
      { cause: 'keepalive-shorter-than-idle-timeout', tell: 'Any path, rarely; here one path, every time.' },
      {
        cause: 'protocol-version-mismatch',
        tell: "464: the client's protocol does not fit the target group; here the target's does not.",
      },
    ],
    settledBy: ["the raw bytes of that path's response", "a success in the app's log for the same trace id"],
  },
})
