import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'xff-too-long',
    number: 48,
    family: 'H',
    title: 'The X-Forwarded-For header named more than 30 addresses',
    hop: 'client',
    symptoms: ['rejected-request'],
    decidedBy: 'row',
    wants: [],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albAttributes, 'lab: xff-too-long'],
  },
  docs: {
    what: 'Every proxy on the way adds an address to `X-Forwarded-For`. More than 30 means a loop (a proxy that sends to itself through the load balancer) or a client that grows the header.',
    why: 'AWS documents status 463 for it. No target is chosen.',
    act: "Look for the loop: does a proxy behind the load balancer send to the load balancer's own name? Break it there.",
    inTheLog: {
      row: '463, target `-`, `-1 -1 -1`.',
      many: 'One client address (the proxy that loops), a burst for each original request: one `463 -`, and a `463 463` for each round before it (16 with one nginx, which adds an address as well); or one odd client.',
    },
    elsewhere: {
      appLog: 'Nothing for the rejected one; in a loop up to 30 earlier passes of the same request.',
      proxyLog: 'The same request again and again, with a growing `X-Forwarded-For`.',
      cloudwatch: '`HTTPCode_ELB_4XX_Count`.',
    },
    prove: [
      { do: 'Log `$http_x_forwarded_for` in the proxy', expect: 'the same addresses in turns: a loop.' },
      { do: '`dig +short UPSTREAM_NAME` from the proxy', expect: "the load balancer's own addresses." },
    ],
    fix: [
      {
        where: 'Proxy',
        set: 'an upstream that is not the load balancer (the Service, not the public name)',
        because: 'That is the loop.',
      },
      {
        where: 'ALB',
        set: '`routing.http.xff_header_processing.mode=remove`, or `preserve`',
        because:
          "The load balancer then adds nothing. For long chains of proxies, and only if nobody needs the client's address. Never for a loop, which 463 alone ends: in the lab 8 requests went round 6,529 times, until nginx had no connection left, and ended in 502.",
      },
    ],
    lookalikes: [
      {
        cause: 'request-too-large-for-alb',
        tell: '400 instead of 463: the header is too long in bytes, not in addresses.',
      },
      { cause: 'client-incomplete-request', tell: '400 or 408, and the request line is broken; here it is whole.' },
    ],
    settledBy: ['nothing more is needed: the status says it'],
  },
})
