import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'content-length-mismatch',
    number: 32,
    family: 'D',
    title: 'The target announced another length than it wrote',
    hop: 'application',
    symptoms: ['response-timeout', 'closed-before-response'],
    decidedBy: 'witness',
    wants: ['app-log'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost504,
      source.nodeHttp,
      source.uvicornBehavior,
      'lab: content-length-mismatch',
    ],
  },
  docs: {
    what: 'The `Content-Length` header is not what the body holds. It was computed in characters instead of bytes, or before compression or a template changed the body, or a HEAD or 304 was answered with the wrong framing.',
    why: 'A server that looks before it writes (Node with `strictContentLength`) throws, and a framework that takes the head for sent closes the connection: `502 -` without a byte. One that has sent the head (uvicorn) closes in the middle of the body: the client has a piece, the row says 200. One that does not look leaves the load balancer waiting for the missing bytes until the idle timeout: AWS documents 504. More bytes than announced may also spoil the next response on that connection.',
    act: 'Find the path, and let the server compute the length: remove the hand-set header, or set it after compression.',
    inTheLog: {
      row: "`502 -`, target set, `0.00x X -1`, X the path's usual time; or `504 -`, elapsed = that time plus the idle timeout.",
      many: 'One path, or some contents of it, every time; others never. Began with a release.',
    },
    elsewhere: {
      appLog:
        'Node: `ERR_HTTP_CONTENT_LENGTH_MISMATCH`, only with `strictContentLength`. uvicorn: `Response content shorter than Content-Length`, `Too much data for declared Content-Length`. Go: `wrote more than the declared Content-Length`. Beside each failure, and near to few healthy requests, such a line names the cause.',
      proxyLog:
        'nginx in between passes the head on: `upstream prematurely closed connection while reading upstream` (measured with 1.22).',
      cloudwatch: '`HTTPCode_ELB_502_Count` or `_504_Count`; `TargetConnectionErrorCount` flat.',
    },
    prove: [
      {
        do: '`curl -sv --max-time 10 http://POD_IP:PORT/PATH -o /dev/null`',
        expect: '`transfer closed with N bytes remaining to read`, or a hang until the 10 s.',
      },
      { do: 'Compare `Content-Length` with `curl -s ... | wc -c`', expect: 'the header is the larger one.' },
    ],
    fix: [
      { where: 'App', set: 'no `Content-Length` by hand', because: 'The server knows the length, or uses chunks.' },
      {
        where: 'App',
        set: 'compression middleware outside whatever sets the length',
        because: 'A compressed body is shorter than announced.',
      },
      {
        where: 'Node',
        set: '`strictContentLength: true` in staging',
        because: 'The error then appears where it is made.',
      },
    ],
    lookalikes: [
      {
        cause: 'target-idle-timeout',
        tell: 'The app finishes late; here it finished in its usual time, and elapsed is that plus the idle timeout.',
      },
      {
        cause: 'response-headers-too-large',
        tell: "The app's log has a success and no error; the head alone is over 32 KB.",
      },
      { cause: 'malformed-response', tell: '502 at once; the head itself is invalid.' },
      { cause: 'response-truncated', tell: 'Only when the process dies; here every time, with the process alive.' },
    ],
    settledBy: [
      "the app's log: an error that names the length, within half a second of each failure",
      '`Content-Length` against the bytes of the body on that path',
    ],
  },
})
