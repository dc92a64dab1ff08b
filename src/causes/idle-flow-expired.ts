import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'idle-flow-expired',
    number: 18,
    family: 'B',
    title: 'Something on the path forgot an idle connection before either end closed it',
    hop: 'network',
    symptoms: ['response-timeout', 'closed-before-response'],
    decidedBy: 'rows',
    wants: ['app-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.connectionTrackingTimeouts,
      source.connectionTracking,
      source.albAttributes,
      'lab: idle-flow-expired',
    ],
  },
  docs: {
    what: 'Security-group tracking, NAT, a firewall appliance or conntrack drops the entry of a connection that was idle for too long. Tracking of security groups expires after 350 s on Nitro v6 instance types and after 432000 s (5 days) on others.',
    why: 'The load balancer sends the next request into a connection that no longer exists for the middle. It vanishes: 504 at the idle timeout. If the middle answers with a reset: 502. So does kube-proxy: the packet counts as a new connection and reaches a pod that knows none. The 350 s are from AWS; the lab has 7 s.',
    act: "Keep the load balancer's idle timeout below 350 s, or raise the tracking timeout of the network interface. With the default of 60 s it takes a timer that somebody has lowered.",
    inTheLog: {
      row: '`504 -` with request time `0.00x` and elapsed at the idle timeout; or `502 -` with `0.00x 0.00x -1`.',
      many: 'Every request on a connection idle for longer than one time fails, none on one idle for less, on quiet services. With the timers of AWS only where the idle timeout is above 350 s.',
    },
    elsewhere: {
      appLog: 'Nothing: the request did not arrive.',
      proxyLog: 'Nothing.',
      cloudwatch: '`TargetConnectionErrorCount` stays flat: the connection was made long before.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN`',
        expect: '`idle_timeout.timeout_seconds` above 350.',
      },
      {
        do: '`tcpdump -ni any tcp port PORT` on the target, over a gap of 6 minutes',
        expect: "the load balancer's retransmissions do not arrive.",
      },
    ],
    fix: [
      {
        where: 'ALB',
        set: '`idle_timeout.timeout_seconds` below 350',
        because: 'The load balancer then closes idle connections before the middle forgets them.',
      },
      {
        where: 'Network interface',
        set: '`TcpEstablishedTimeout` above the idle timeout',
        because: 'The range is 60 to 432000 s.',
      },
      {
        where: 'App server',
        set: 'TCP keep-alive below 350 s on accepted sockets',
        because: "A probe refreshes the entry. It does not reset the load balancer's own timer.",
      },
    ],
    lookalikes: [
      {
        cause: 'target-idle-timeout',
        tell: 'The app has the request in its log; here it never arrived, and only after a long gap.',
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: "Gaps at the server's timeout (2 to 75 s) and 502; here 350 s or more, and mostly 504.",
      },
      {
        cause: 'stale-endpoint-routing',
        tell: 'Around changes of endpoints; here at any time, tied to the gap alone.',
      },
    ],
    settledBy: [
      'the idle timeout against what the path remembers: 350 s and more, unless somebody lowered it',
      'the idleness of the connections that failed: above one time all of them, below it none',
      "the instance family and the interface's tracking timeout",
    ],
  },
})
