import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'node-removed-before-deregistration',
    number: 16,
    family: 'B',
    title: 'A node was drained or terminated while it was still a registered target',
    hop: 'network',
    symptoms: ['connect-timeout', 'closed-before-response', 'connect-refused', 'connect-failed-late', 'connect-failed'],
    decidedBy: 'witness',
    wants: ['kubernetes', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      'https://github.com/aws/karpenter-provider-aws/issues/2518',
      'https://github.com/aws/karpenter-provider-aws/issues/4673',
      'https://github.com/aws/aws-node-termination-handler/issues/316',
      'https://github.com/kubernetes/autoscaler/issues/1907',
      source.controllerIssue(885),
      'https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-exclude-from-external-load-balancers',
      'lab: node-removed',
    ],
  },
  docs: {
    what: 'With instance targets a node carries traffic for every NodePort, also for pods on other nodes. The autoscaler, Karpenter or a spot interruption took the node away before the load balancer had stopped using it.',
    why: 'New connections get a reset, an unreachable or silence. Requests in flight through that node end with it, although their pods live on.',
    act: 'Exclude the node from load balancers first, wait for the deregistration delay, then drain and terminate. Or use ip targets, so that nodes are no targets.',
    inTheLog: {
      row: "Any of: `502 -` with `-1 -1 -1` at 0 or 3 s, `504 -` at 10.00 s, `502 -` with `0.00x X -1` for what was in flight. One node's address.",
      many: "The node's address is never seen again. Several target groups lose it at once. It clusters at scale-in hours.",
    },
    elsewhere: {
      appLog: 'Requests on other nodes that end with a client disconnect.',
      proxyLog: 'nginx on another node: 499 for the ones in flight.',
      cloudwatch: '`TargetConnectionErrorCount` in several target groups at once; `HealthyHostCount` down by one.',
    },
    prove: [
      {
        do: "`kubectl get events -A | grep -E 'Disrupt|ScaleDown|Drain|NodeNotReady'`",
        expect: 'the node, just before the failures.',
      },
      {
        do: '`aws ec2 describe-instances --filters Name=private-ip-address,Values=IP`',
        expect: '`terminated`, with a time before the last failure.',
      },
      {
        do: '`aws elbv2 describe-target-health --target-group-arn ARN`',
        expect: 'the node turned to `draining` after it was gone.',
      },
    ],
    fix: [
      {
        where: 'Node removal',
        set: '`kubectl label node NODE node.kubernetes.io/exclude-from-external-load-balancers=true`, then wait the deregistration delay',
        because: 'Reports say Karpenter adds the label but did not wait.',
      },
      {
        where: 'Spot and scale-in',
        set: 'a termination handler or lifecycle hook that deregisters first',
        because: 'The two minutes of a spot notice are enough if they are used.',
      },
      {
        where: 'kubelet',
        set: '`shutdownGracePeriod: 60s`',
        because: 'Pods then get their SIGTERM and grace when the machine goes.',
      },
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/target-type: ip`',
        because: 'A node that goes takes only its own pods with it.',
      },
    ],
    lookalikes: [
      {
        cause: 'deregistration-race',
        tell: 'Pods of one deployment, one after another; here one node and several services at one instant.',
      },
      {
        cause: 'host-unreachable',
        tell: 'One address as well, but requests in flight were not lost: the address was dead already.',
      },
      { cause: 'worker-killed-mid-request', tell: 'The target comes back, and only one service is hit.' },
    ],
    settledBy: [
      "the node's events beside the log (`ScaleDown`, `DisruptionTerminating`, `DeletingNode`, `RemovingNode`), or the instance's end: the log alone cannot tell it from a node that was cut off from all sides",
      'whether other target groups lost the same address in the same second',
    ],
  },
})
