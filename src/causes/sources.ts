/** Addresses that several causes rest on: one place to mend when a page moves. */
const alb = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application'
const controller = 'https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues'
const nginx = 'https://nginx.org/en/docs'

export const source = {
  albTroubleshooting: `${alb}/load-balancer-troubleshooting.html`,
  albLogs: `${alb}/load-balancer-access-logs.html`,
  albMetrics: `${alb}/load-balancer-cloudwatch-metrics.html`,
  albTargetGroups: `${alb}/load-balancer-target-groups.html`,
  albTargetGroupAttributes: `${alb}/edit-target-group-attributes.html`,
  albHealthChecks: `${alb}/target-group-health-checks.html`,
  albTargetGroupHealth: `${alb}/target-group-health.html`,
  albAttributes: `${alb}/edit-load-balancer-attributes.html`,
  albOverview: `${alb}/application-load-balancers.html`,
  albQuotas: `${alb}/load-balancer-limits.html`,
  albLambda: `${alb}/lambda-functions.html`,
  albAuth: `${alb}/listener-authenticate-users.html`,
  albListenerRules: `${alb}/load-balancer-listeners.html`,
  albCapacity: `${alb}/capacity-unit-reservation.html`,
  repost502: 'https://repost.aws/knowledge-center/elb-alb-troubleshoot-502-errors',
  repost503: 'https://repost.aws/knowledge-center/alb-troubleshoot-503-errors',
  repost504: 'https://repost.aws/knowledge-center/504-error-alb',
  repostApache: 'https://repost.aws/knowledge-center/apache-backend-elb',
  targetOptimizer: 'https://aws.amazon.com/about-aws/whats-new/2025/11/aws-application-load-balancer-target-optimizer',
  connectionTracking: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html',
  connectionTrackingTimeouts:
    'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingConfiguration.html',
  enaMetrics: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html',
  readinessGate: 'https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/',
  ingressAnnotations:
    'https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/',
  controllerBackends:
    'https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/ingress/enhanced_backend_builder.go',
  controllerIssue: (number: number) => `${controller}/${number}`,

  kubeVirtualIps: 'https://kubernetes.io/docs/reference/networking/virtual-ips/',
  kubeProxySource: 'https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/iptables/proxier.go',
  kubeTermination: 'https://kubernetes.io/docs/tutorials/services/pods-and-endpoint-termination-flow/',
  kubeTerminatingEndpoints:
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/1669-proxy-terminating-endpoints',
  kubeSysctls: 'https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/',
  kubeProxyConntrack: 'https://gist.github.com/ncdc/67a77d62bdd3f2ef4355cc0016ec490e',
  kubeIssue: (number: number) => `https://github.com/kubernetes/kubernetes/issues/${number}`,

  nginxCore: `${nginx}/http/ngx_http_core_module.html`,
  nginxProxy: `${nginx}/http/ngx_http_proxy_module.html`,
  nginxUpstream: `${nginx}/http/ngx_http_upstream_module.html`,
  nginxLimitReq: `${nginx}/http/ngx_http_limit_req_module.html`,
  nginxLimitConn: `${nginx}/http/ngx_http_limit_conn_module.html`,
  nginxMain: `${nginx}/ngx_core_module.html`,
  nginxControl: `${nginx}/control.html`,
  nginxConnectionSource: 'https://github.com/nginx/nginx/blob/master/src/core/ngx_connection.c',
  nginxUpstreamSource: 'https://github.com/nginx/nginx/blob/master/src/http/ngx_http_upstream.c',
  ingressNginxConfig:
    'https://github.com/kubernetes/ingress-nginx/blob/main/docs/user-guide/nginx-configuration/configmap.md',
  haproxy: 'https://docs.haproxy.org/3.0/configuration.html',
  envoyCircuitBreaking: 'https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking',

  uvicornBehavior: 'https://github.com/Kludex/uvicorn/blob/main/docs/server-behavior.md',
  uvicornSettings: 'https://github.com/Kludex/uvicorn/blob/main/docs/settings.md',
  gunicornSettings: 'https://github.com/benoitc/gunicorn/blob/master/gunicorn/config.py',
  gunicornAbortCommit: 'https://github.com/benoitc/gunicorn/commit/40232284',
  springShutdown: 'https://docs.spring.io/spring-boot/reference/web/graceful-shutdown.html',
  nodeHttp: 'https://nodejs.org/api/http.html',
  tomcatConnector: 'https://tomcat.apache.org/tomcat-10.1-doc/config/http.html',
  goServer: 'https://pkg.go.dev/net/http#Server',
  pumaConfiguration: 'https://github.com/puma/puma/blob/main/lib/puma/configuration.rb',
  kestrelLimits:
    'https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits.keepalivetimeout',

  /** A row of docs/measurements.md: measured with a real kernel and real servers. */
  measured: (row: number) => `docs/measurements.md, row ${row}`,
} as const
