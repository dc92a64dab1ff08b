import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'protocol-version-mismatch',
    number: 49,
    family: 'H',
    title: "The client's protocol did not fit the target group's protocol version",
    hop: 'load-balancer',
    symptoms: ['rejected-request'],
    decidedBy: 'row',
    wants: [],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.albTargetGroups,
      source.ingressAnnotations,
      'lab: protocol-version-mismatch',
    ],
  },
  docs: {
    what: 'A target group has a protocol version: HTTP1, HTTP2 or GRPC. An HTTP/1.1 request to a gRPC or HTTP/2 group, gRPC to an HTTP/1 group, or an HTTP/2 request that is not POST to a gRPC group does not fit.',
    why: 'AWS documents status 464 for it. No target is chosen.',
    act: 'Give the path its own target group with the right version, or leave the version at HTTP1. HTTP/2 and gRPC groups need an HTTPS listener.',
    inTheLog: {
      row: '464, target `-`, `-1 -1 -1`; `type` and request line show what the client spoke.',
      many: 'Every request of one kind to one rule, from a change of the version on. Probes and browsers to a gRPC group are the usual ones.',
    },
    elsewhere: { appLog: 'Nothing.', proxyLog: 'Nothing.', cloudwatch: '`HTTPCode_ELB_4XX_Count`.' },
    prove: [
      {
        do: "`aws elbv2 describe-target-groups --target-group-arns ARN --query 'TargetGroups[0].ProtocolVersion'`",
        expect: "a version that the row's request does not speak.",
      },
      { do: '`curl -si --http1.1 URL` and `curl -si --http2 URL`', expect: '464 for one of them.' },
    ],
    fix: [
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/backend-protocol-version: HTTP1`, `HTTP2` or `GRPC`, per Service',
        because: 'The default is HTTP1.',
      },
      {
        where: 'Listener rules',
        set: 'gRPC and web traffic in separate rules (by host or path)',
        because: 'One group has one version.',
      },
    ],
    lookalikes: [
      {
        cause: 'malformed-response',
        tell: '502: the target speaks another version than its group; here the client does.',
      },
      { cause: 'target-tls-handshake-failure', tell: '502 with a target and times -1: the TLS to the target fails.' },
      { cause: 'client-incomplete-request', tell: '400 and a broken request line; here it is whole.' },
    ],
    settledBy: ['nothing more is needed: the status says it'],
  },
})
