/** What can be wrong without being an inequality. Same fields as an inequality where a reader meets them. */
export interface StructureRule {
  readonly id: string
  readonly title: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly consequence: string
  /** What to write instead. */
  readonly write: string
  readonly prevents: readonly string[]
  readonly source: string
}

const annotations = 'https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/'
const albDocs = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/'
const probes = 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/'

export const structureRules: readonly StructureRule[] = [
  {
    id: 'not-yaml',
    title: 'Not YAML',
    severity: 'error',
    consequence: 'Nothing in this document was checked.',
    write: 'Mend the syntax.',
    prevents: [],
    source: 'https://yaml.org/spec/1.2.2/',
  },
  {
    id: 'template-not-rendered',
    title: 'A template that nobody rendered',
    severity: 'error',
    consequence: 'Values are not known before rendering; nothing in this file was checked.',
    write: 'helm template RELEASE CHART | why5xx check -',
    prevents: [],
    source: 'https://helm.sh/docs/helm/helm_template/',
  },
  {
    id: 'nginx-syntax',
    title: 'nginx does not read this',
    severity: 'error',
    consequence: 'nginx does not start with it; a reload keeps the old settings.',
    write: 'Mend the syntax; nginx -t says the same.',
    prevents: ['connection-refused'],
    source: 'https://nginx.org/en/docs/beginners_guide.html#conf_structure',
  },
  {
    id: 'include-missing',
    title: 'An include that is not here',
    severity: 'note',
    consequence: 'What it sets was not checked.',
    write: 'Give the folder that nginx reads: why5xx check nginx/',
    prevents: [],
    source: 'https://nginx.org/en/docs/ngx_core_module.html#include',
  },
  {
    id: 'value-not-a-number',
    title: 'A number is expected here',
    severity: 'error',
    consequence: 'The controller rejects the whole object and keeps the old settings; new ones never arrive.',
    write: 'The plain number of seconds in quotes: "60", not "60s".',
    prevents: [],
    source: annotations,
  },
  {
    id: 'value-not-a-duration',
    title: 'A duration is expected here',
    severity: 'error',
    consequence: 'The proxy does not start with it.',
    write: 'A number with a unit: 5s, 500ms.',
    prevents: ['connection-refused'],
    source: 'https://docs.haproxy.org/2.6/configuration.html#2.5',
  },
  {
    id: 'value-out-of-range',
    title: 'AWS does not take this value',
    severity: 'error',
    consequence: 'The change is rejected and the old settings stay.',
    write: 'A value inside the range.',
    prevents: [],
    source: `${albDocs}edit-target-group-attributes.html`,
  },
  {
    id: 'attribute-without-value',
    title: 'An attribute without a value',
    severity: 'error',
    consequence: 'The controller rejects the whole list.',
    write: 'KEY=VALUE,KEY=VALUE',
    prevents: [],
    source: annotations,
  },
  {
    id: 'annotation-misspelt',
    title: 'An annotation nobody reads',
    severity: 'warning',
    consequence: 'The controller ignores it, and the default stays in force.',
    write: 'The name as documented.',
    prevents: [],
    source: annotations,
  },
  {
    id: 'slow-start-with-least-outstanding',
    title: 'Slow start does not work with least_outstanding_requests',
    severity: 'error',
    consequence: 'AWS rejects the combination and keeps the old settings.',
    write: 'slow_start.duration_seconds=0, or load_balancing.algorithm.type=round_robin.',
    prevents: ['cold-start-overload'],
    source: `${albDocs}edit-target-group-attributes.html`,
  },
  {
    id: 'settings-disagree',
    title: 'What is written is not what is in force',
    severity: 'warning',
    consequence: 'The check uses what AWS says is in force.',
    write: 'Apply the manifest, or see why the controller did not (kubectl describe ingress).',
    prevents: [],
    source: annotations,
  },
  {
    id: 'node-port-missing',
    title: 'Instance targets need a node port',
    severity: 'error',
    consequence: '503: the controller cannot register anything for a ClusterIP Service with instance targets.',
    write: 'type: NodePort on the Service, or alb.ingress.kubernetes.io/target-type: ip on the Ingress.',
    prevents: ['no-registered-targets'],
    source: annotations,
  },
  {
    id: 'local-traffic-policy',
    title: 'Nodes without a pod drop requests',
    severity: 'warning',
    consequence: '504 at 10.00 s on every node that has no ready pod, until its health check fails.',
    write: 'target-type: ip; or externalTrafficPolicy: Cluster; or a health check on healthCheckNodePort.',
    prevents: ['no-local-endpoint'],
    source: 'https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/',
  },
  {
    id: 'no-readiness-probe',
    title: 'A pod is ready before its port listens',
    severity: 'warning',
    consequence: '502 (refused) for requests to a starting pod, at every rollout and scale-out.',
    write:
      'readinessProbe:\n  httpGet: { path: /ready, port: PORT }\n  periodSeconds: 5\n  timeoutSeconds: 3\n  failureThreshold: 2',
    prevents: ['connection-refused', 'cold-start-overload'],
    source: probes,
  },
  {
    id: 'liveness-shares-readiness-path',
    title: 'Liveness and readiness ask the same question',
    severity: 'note',
    consequence: 'Whatever makes the pod unready for a while also kills it.',
    write: 'A liveness path that answers from memory, without the database and without the thread pool.',
    prevents: ['liveness-probe-kills-busy-pod'],
    source: probes,
  },
  {
    id: 'single-replica',
    title: 'One pod',
    severity: 'note',
    consequence: '502, 503 or 504 for everybody whenever this pod restarts, moves or misses its probe.',
    write: 'replicas: 2, and a PodDisruptionBudget.',
    prevents: ['service-without-endpoints', 'no-registered-targets'],
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/disruptions/',
  },
  {
    id: 'rollout-empties-service',
    title: 'A rollout takes every pod away',
    severity: 'error',
    consequence: '502 or 503 for everybody during each rollout.',
    write: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 25% }',
    prevents: ['service-without-endpoints', 'no-registered-targets'],
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy',
  },
  {
    id: 'recreate-for-a-volume',
    title: 'A rollout takes the only pod away, for the sake of its volume',
    severity: 'note',
    consequence: '502 or 503 for everybody during each rollout.',
    write:
      'RollingUpdate only if the claim is ReadWriteMany: with ReadWriteOnce the new pod waits for the old one for ever. Else deploy when nobody looks.',
    prevents: ['service-without-endpoints', 'no-registered-targets'],
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes',
  },
  {
    id: 'two-workloads-behind-one-service',
    title: 'Two workloads behind one Service',
    severity: 'note',
    consequence:
      'Requests alternate between them; both were checked. A failure of one looks like a random share of failures.',
    write: 'Nothing, if it is meant (a canary). Else a selector that only one of them matches.',
    prevents: [],
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/',
  },
  {
    id: 'max-conns-without-queue',
    title: 'max_conns rejects, it does not wait',
    severity: 'warning',
    consequence:
      '502 in 0.00 s for every request above the limit ("no live upstreams"): 36 of 40 in the lab with max_conns=4.',
    write: 'Remove max_conns. A true queue: why5xx fix DIAGNOSIS.json --front haproxy --output DIR',
    prevents: ['nginx-no-live-upstreams'],
    source: 'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_conns',
  },
  {
    id: 'open-files-below-worker-connections',
    title: 'nginx may open fewer files than it has slots',
    severity: 'warning',
    consequence: 'accept() pauses when files run out; the load balancer sees 504 at 10.00 s.',
    write: 'worker_rlimit_nofile at twice worker_connections.',
    prevents: ['proxy-sheds-idle-connections', 'listen-backlog-overflow'],
    source: 'https://nginx.org/en/docs/ngx_core_module.html#worker_rlimit_nofile',
  },
  {
    id: 'recycling-without-jitter',
    title: 'All workers are recycled at once',
    severity: 'warning',
    consequence: '502 bursts with a period in requests: idle connections of the ended workers are still in use.',
    write:
      '--max-requests-jitter (gunicorn) or --limit-max-requests-jitter (uvicorn), about a tenth of the limit or more.',
    prevents: ['worker-recycling'],
    source: 'https://docs.gunicorn.org/en/stable/settings.html#max-requests-jitter',
  },
  {
    id: 'no-target-registered',
    title: 'The target group is empty',
    severity: 'error',
    consequence: '503 for every request.',
    write: 'kubectl describe targetgroupbinding; the Service must select ready pods.',
    prevents: ['no-registered-targets'],
    source: `${albDocs}load-balancer-troubleshooting.html`,
  },
  {
    id: 'all-targets-unhealthy',
    title: 'Every target fails its health check',
    severity: 'error',
    consequence: 'The load balancer sends to all of them anyway; clients see whatever the sick targets give.',
    write: 'A health check path that depends on nothing else.',
    prevents: ['all-targets-unhealthy'],
    source: `${albDocs}target-group-health-checks.html`,
  },
  {
    id: 'ignore-without-reason',
    title: 'An ignore without a reason',
    severity: 'note',
    consequence: 'It is not honoured.',
    write: '# why5xx-ignore RULE: why it is right here',
    prevents: [],
    source: 'docs/check.md',
  },
]

export function structureRule(id: string): StructureRule {
  const found = structureRules.find((rule) => rule.id === id)
  if (!found) throw new Error(`No rule ${id}`)
  return found
}
