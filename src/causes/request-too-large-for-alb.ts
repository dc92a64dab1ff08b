import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'request-too-large-for-alb',
    number: 55,
    family: 'H',
    title: 'The request line or headers were larger than the load balancer accepts',
    hop: 'client',
    symptoms: ['rejected-request'],
    decidedBy: 'row',
    wants: [],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albQuotas, 'lab: request-too-large-for-alb'],
  },
  docs: {
    what: 'An ALB accepts a request line of 16 KB, a single header of 16 KB and 64 KB of headers in all. Cookies that grow per user, and filters in a query string, go beyond.',
    why: 'AWS documents 400 for headers and 414 for a URL that is too long. On HTTP/2 a compressed head over 8 KB ends the connection with GOAWAY: the client sees "000" and there is no row at all.',
    act: 'Find the cookie or parameter that grows. Shorten it or move it to the server or a POST body; the limits are fixed.',
    inTheLog: {
      row: '414 names it. 400 with target `-`, `-1 -1 -1`, `classification` `-` and a whole request line: where a request without a body has `received_bytes` above 16,384, it is likely.',
      many: 'Single users, every request of theirs, more of them over the weeks.',
    },
    elsewhere: { appLog: 'Nothing.', proxyLog: 'Nothing.', cloudwatch: '`HTTPCode_ELB_4XX_Count`.' },
    prove: [
      {
        do: "With the user's cookies: `curl -so /dev/null -w '%{size_request} %{http_code}\\n' URL`",
        expect: 'a size above 16384 and 400; 200 without the cookies.',
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'a session id instead of content in cookies; an expiry and a path on every cookie',
        because: 'Each one goes with each request.',
      },
      { where: 'App', set: 'POST for long filters', because: 'The limit is on line and headers, not on the body.' },
    ],
    lookalikes: [
      {
        cause: 'client-incomplete-request',
        tell: 'The request line is `- - -` or cut, and many unknown clients send it.',
      },
      { cause: 'desync-blocked', tell: '`classification` is Severe or Ambiguous with a reason; here it is `-`.' },
      { cause: 'xff-too-long', tell: '463: 31 addresses, whatever their length.' },
    ],
    settledBy: [
      "the size of that user's request: `received_bytes` of the row, where it has no body",
      '414 needs nothing more: the status says it',
    ],
  },
})
