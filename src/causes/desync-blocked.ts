import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'desync-blocked',
    number: 50,
    family: 'H',
    title: 'The load balancer blocked a request that could be read in two ways',
    hop: 'load-balancer',
    symptoms: ['rejected-request'],
    decidedBy: 'row',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [source.albLogs, source.albOverview, source.albMetrics, 'lab: desync-blocked'],
  },
  docs: {
    what: 'The request does not comply with the HTTP standard in a way that attackers use (request smuggling): two lengths, length and chunks together, a bad header.',
    why: 'The desync mitigation mode decides. `defensive`, the default, answers 400 to Severe and forwards Ambiguous, but closes both connections after it. `strictest` forwards compliant requests only. `monitor` blocks nothing.',
    act: 'Read `classification_reason` and the client address. An attack needs no change; a client of yours needs a repair of that header.',
    inTheLog: {
      row: '400, target `-`, `classification` Severe (or Ambiguous in `strictest`), `classification_reason` such as `BothTeClPresent`, `MultipleContentLength`, `BadHeader`.',
      many: "One client or one library, every request of a kind; or a scanner's burst.",
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch: '`DesyncMitigationMode_NonCompliant_Request_Count`, `HTTPCode_ELB_4XX_Count`.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN --query "Attributes[?Key==\'routing.http.desync_mitigation_mode\']"`',
        expect: '`defensive` or `strictest`.',
      },
      {
        do: "The client's raw request (`tcpdump -A` at the client, or a proxy that dumps)",
        expect: 'the header the reason names.',
      },
    ],
    fix: [
      {
        where: 'Client',
        set: 'one `Content-Length` or `Transfer-Encoding: chunked`, never both',
        because: 'The request is then compliant.',
      },
      {
        where: 'ALB',
        set: '`routing.http.desync_mitigation_mode=monitor`, for the time of a repair only',
        because: 'It forwards what the default holds back, attacks as well.',
      },
    ],
    lookalikes: [
      { cause: 'client-incomplete-request', tell: '`classification` is `-`: the bytes are no request at all.' },
      { cause: 'request-too-large-for-alb', tell: '`classification` is `-` and the headers are large.' },
    ],
    settledBy: ['nothing more is needed: classification and reason are in the row'],
  },
})
