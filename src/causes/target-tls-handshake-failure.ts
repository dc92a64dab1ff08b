import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'target-tls-handshake-failure',
    number: 17,
    family: 'B',
    title: 'The TLS handshake between load balancer and target failed',
    hop: 'application',
    symptoms: ['connect-refused', 'connect-timeout', 'connect-failed'],
    decidedBy: 'witness',
    wants: ['cloudwatch', 'proxy-log'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.albMetrics,
      source.albTargetGroups,
      source.repost504,
      source.ingressAnnotations,
      'lab: target-tls-handshake-failure',
    ],
  },
  docs: {
    what: 'The target group has protocol HTTPS, and the handshake with the target fails: no common protocol or cipher, plain HTTP spoken on that port, or a target too starved to finish within 10 s.',
    why: "The TCP connection stands, but no request can be sent: times -1 -1 -1. An alert or a reset at once gives 502, the very row of a refused connection. For a handshake of over 10 s AWS's older page says 502 and the newer one 504: accept both.",
    act: 'Look at `TargetTLSNegotiationErrorCount`. If it rises, compare protocol and port of the target group with what the pod speaks: `openssl s_client` from a node.',
    inTheLog: {
      row: '`502 -`, target set, `-1 -1 -1`, elapsed near 0; or `504 -` or `502 -` at about 10 s.',
      many: 'Every request of a target group from a change of certificate, policy or protocol on; or, for the 10 s ones, only under CPU starvation.',
    },
    elsewhere: {
      appLog: 'A TLS error without a request, or nothing.',
      proxyLog:
        'nginx: `SSL_do_handshake() failed`, or 400 `The plain HTTP request was sent to HTTPS port` the other way round.',
      cloudwatch: '`TargetTLSNegotiationErrorCount` rises: the one metric that separates it from a refused connection.',
    },
    prove: [
      {
        do: 'From a node: `openssl s_client -connect POD_IP:PORT </dev/null`',
        expect: 'a handshake failure, or `wrong version number` when the port speaks plain HTTP.',
      },
      {
        do: "`aws elbv2 describe-target-groups --target-group-arns ARN --query 'TargetGroups[0].[Protocol,Port]'`",
        expect: '`HTTPS` and the port that was meant.',
      },
    ],
    fix: [
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/backend-protocol: HTTP` or `HTTPS`, as the pod speaks',
        because: 'The default is HTTP.',
      },
      {
        where: 'Target',
        set: 'TLS 1.2 with common ciphers enabled',
        because: "AWS chooses the load balancer's security policy towards targets.",
      },
      {
        where: 'Target',
        set: 'more CPU, session resumption, keep-alive longer than the idle timeout',
        because: 'Fewer handshakes, and each within 10 s.',
      },
    ],
    lookalikes: [
      {
        cause: 'connection-refused',
        tell: 'The same row, within milliseconds too (medians in the lab: a handshake 2.9 ms, a refusal 1.3 ms: too close to tell by). `TargetConnectionErrorCount` rises instead; a restart is one stretch of refusals between answers, and breaks open connections as it begins.',
      },
      {
        cause: 'listen-backlog-overflow',
        tell: 'Target groups of protocol HTTP have it too; no TLS error is counted.',
      },
      { cause: 'security-group-or-nacl-block', tell: 'The TCP connection itself times out: no SYN-ACK in tcpdump.' },
    ],
    settledBy: ['`TargetTLSNegotiationErrorCount` beside `TargetConnectionErrorCount`', "the target group's protocol"],
    folklore: [
      {
        claim: "The target's certificate has expired",
        truth:
          "The load balancer does not validate certificates of targets, so expiry alone is not the cause (an inference from AWS's statement, not seen in a log).",
      },
    ],
  },
})
