import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'client-incomplete-request',
    number: 47,
    family: 'G',
    title: 'The client sent a malformed or unfinished request',
    hop: 'client',
    symptoms: ['rejected-request'],
    decidedBy: 'row',
    wants: [],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albLogs],
  },
  docs: {
    what: 'Bytes that are no HTTP request, a request cut off in the middle, a body that never came, TLS spoken to an HTTP port: scanners, dying clients, very slow uploads.',
    why: 'The load balancer cannot choose a target for it. It answers 400, or 408 when nothing came before the idle timeout.',
    act: 'Usually nothing: the internet sends such bytes to every public address. Look closer only if the rate jumps or a client of yours is among them.',
    inTheLog: {
      row: '400 or 408, target `-`, `-1 -1 -1`, request line `- - -`, `- http://HOST:PORT- -` or cut short, user agent `-`.',
      many: 'Spread over many client addresses and at any hour, or one client that is broken. `sent_bytes` 272 (150 for HEAD) has been seen.',
    },
    elsewhere: { appLog: 'Nothing.', proxyLog: 'Nothing.', cloudwatch: '`HTTPCode_ELB_4XX_Count`.' },
    prove: [
      {
        do: 'Count client addresses: `why5xx diagnose LOGS --where status=400`',
        expect: 'many that are unknown to you (scanners), or a few of yours.',
      },
      { do: 'From an affected client: `curl -v --trace-time`', expect: 'where it stops sending.' },
    ],
    fix: [],
    noFix:
      'Nothing to change for scanners: the load balancer already keeps them from the app. A client of your own that is among them needs a repair on its side: send whole requests, HTTPS to the HTTPS port.',
    lookalikes: [
      {
        cause: 'request-too-large-for-alb',
        tell: 'The request line is whole and long; one user or client, every time.',
      },
      { cause: 'desync-blocked', tell: '`classification` is Severe or Ambiguous with a reason.' },
      { cause: 'client-gave-up', tell: '460: the request was whole, and the client left while waiting.' },
    ],
    settledBy: ['the request line in the row', "the client's own trace"],
  },
})
