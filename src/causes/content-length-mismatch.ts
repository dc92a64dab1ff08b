import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'content-length-mismatch',
    number: 32,
    family: 'D',
    title: 'The target announced more bytes than it sent',
    hop: 'application',
    symptoms: ['response-timeout', 'closed-before-response'],
    decidedBy: 'witness',
    wants: ['app-log'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.repost504, source.nodeHttp, source.uvicornBehavior],
  },
  docs: {
    what: 'The `Content-Length` header says more than the body holds. Compression or a template changed the body after the length was computed, or a HEAD or 304 was answered with the wrong framing.',
    why: 'The load balancer waits for the missing bytes until the idle timeout: AWS documents 504. A server that notices (uvicorn) closes instead, which gives 502. Fewer bytes announced than sent is the other error: the surplus spoils the next response on that connection.',
    act: 'Find the path, and let the server compute the length: remove the hand-set header, or set it after compression.',
    inTheLog: {
      row: "`504 -`, target set, elapsed = the path's usual time plus the idle timeout.",
      many: 'One path, every time, often HEAD, 304 or a compressed type; began with a release.',
    },
    elsewhere: {
      appLog:
        'A success in the usual time. uvicorn: `Response content shorter than Content-Length`. Node checks only with `strictContentLength`.',
      proxyLog: 'nginx in between: `upstream prematurely closed connection while reading upstream`.',
      cloudwatch: '`HTTPCode_ELB_504_Count`; `TargetResponseTime` unremarkable.',
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
      { cause: 'malformed-response', tell: '502 at once; the head itself is invalid.' },
      { cause: 'response-truncated', tell: 'Only when the process dies; here every time, with the process alive.' },
    ],
    logAlone:
      'The row has no `Content-Length` and no cause of a close: an answer that ends too early and an app that breaks off look the same. The bytes on the wire, or a proxy that names it, tell them apart.',
    settledBy: [
      '`Content-Length` against the bytes of the body on that path',
      "the app's log: finished in its usual time",
    ],
  },
})
