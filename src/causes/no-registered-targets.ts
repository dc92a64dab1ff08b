import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'no-registered-targets',
    number: 22,
    family: 'C',
    title: 'The target group had no registered target, or only unused ones',
    hop: 'load-balancer',
    symptoms: ['no-target'],
    decidedBy: 'row',
    wants: ['kubernetes', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost503,
      source.readinessGate,
      source.controllerBackends,
      source.albTargetGroups,
      source.albMetrics,
      'https://rtfm.co.ua/?p=32698',
      'lab: recreate-deploy',
      'lab: no-registered-targets',
    ],
  },
  docs: {
    what: 'A listener rule forwarded to a target group that had nothing to send to: it is empty, or everything in it is unused. Replicas at 0, a Service whose selector matches no pod, a controller that is down or throttled, or a one-replica rollout with the old pod draining and the new one not in service yet.',
    why: 'No target could be chosen, so the row has none, and AWS documents 503 for exactly this. It is not the answer to sick targets: when all targets are unhealthy the load balancer sends to all of them.',
    act: '`aws elbv2 describe-target-health` for the group named in the row. If it is empty, find out why the controller registered nothing; if it only empties during rollouts, keep one more replica and use the pod readiness gate.',
    inTheLog: {
      row: '`503 -`, target `-`, `-1 -1 -1`, target group ARN set, action `forward`, elapsed below 1 s.',
      many: 'Total outage of one target group, from one moment to another; other groups of the same load balancer are fine. Short gaps at each rollout point to a single replica.',
    },
    elsewhere: {
      appLog: 'Nothing: no pod is involved.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`HTTPCode_ELB_503_Count` rises, `HealthyHostCount` is absent, and `RequestCount` does not count these requests, as no target was chosen.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-target-health --target-group-arn ARN`',
        expect: 'an empty list, or only `unused`, `initial` and `draining`.',
      },
      {
        do: '`kubectl get targetgroupbindings -A` and `kubectl describe targetgroupbinding NAME`',
        expect: 'events with the reason nothing was registered.',
      },
      {
        do: '`kubectl get endpointslices -l kubernetes.io/service-name=SERVICE`',
        expect: 'no endpoints (ip targets).',
      },
      {
        do: '`kubectl logs -n kube-system deploy/aws-load-balancer-controller --since=1h`',
        expect: 'reconcile errors, throttling, or no line at all.',
      },
    ],
    fix: [
      {
        where: 'Deployment',
        set: 'at least 2 replicas, `maxUnavailable: 0`, a PodDisruptionBudget',
        because: 'A rollout or a drain must never take the last one.',
      },
      {
        where: 'Namespace',
        set: 'label `elbv2.k8s.aws/pod-readiness-gate-inject: enabled` (ip targets only)',
        because: 'The rollout then waits until the load balancer has the new pod in service.',
      },
      {
        where: 'Ingress',
        set: 'a Service whose selector and `targetPort` match the pods: `kubectl get endpoints SERVICE` is not empty',
        because:
          'With ip targets an empty Service is an empty group. A Service that does not exist at all is another case: the controller then installs a fixed 503.',
      },
      {
        where: 'Controller',
        set: '2 replicas, alarms on its errors',
        because: 'Without it the group stays as it was.',
      },
    ],
    lookalikes: [
      {
        cause: 'fixed-response-rule',
        tell: '503 with target group ARN `-` and action `fixed-response`: written by a rule. A Service name in the Ingress that does not exist gives this one, too.',
      },
      {
        cause: 'all-targets-unhealthy',
        tell: 'Rows have a target address: the load balancer fails open instead of writing 503 (Classic does write 503).',
      },
      {
        cause: 'admission-limit-rejected',
        tell: '`503 503` with a target: a limiter behind the load balancer said no.',
      },
      {
        cause: 'service-without-endpoints',
        tell: 'With instance targets the nodes stay registered, so an empty Service shows as 502 and 504.',
      },
    ],
    settledBy: ['nothing more is needed: the row says it', '`describe-target-health` over time says why'],
    folklore: [
      {
        claim: '503 means no healthy targets',
        truth:
          'An ALB fails open: with all targets unhealthy it sends to all. 503 means none registered. On a Classic load balancer it is true.',
      },
    ],
  },
})
