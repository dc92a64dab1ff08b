import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'proxy-reload-closes-connections',
    number: 4,
    family: 'A',
    title: 'A reload closed idle connections that the load balancer was reusing',
    hop: 'proxy',
    symptoms: ['closed-before-response'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.nginxCore,
      source.nginxControl,
      'https://github.com/nginx/nginx/pull/437',
      'https://github.com/openresty/openresty/issues/695',
      'https://github.com/nginx/kubernetes-ingress/issues/10324',
      'https://github.com/kubernetes/ingress-nginx/issues/489',
      'https://github.com/kubernetes/ingress-nginx/issues/8094',
      'lab: proxy-reload-closes-connections',
    ],
  },
  docs: {
    what: 'A proxy or app server was reloaded: new configuration, changed endpoints in some ingress controllers, a renewed certificate, `SIGHUP`. The old workers close their idle keep-alive connections without notice.',
    why: 'A request that the load balancer puts on such a connection at that moment gets a FIN instead of a response: `502 -`.',
    act: 'Reload less often: let the controller update endpoints without a reload, and batch changes. On nginx 1.27.4 or newer keep idle connections for a while with `keepalive_min_timeout`.',
    inTheLog: {
      row: 'As the keep-alive race: `502 -`, target set, `0.00x 0.000-0.010 -1`.',
      many: 'Bursts at reload times, on one proxy pod or on all of them, with gaps of any length: the echo test is silent. The period is that of deploys, certificates or endpoint changes.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog:
        'nginx: `signal process started`, `reconfiguring`, `gracefully shutting down`; ingress-nginx events with reason `RELOAD`. No access-log line for the victims.',
      cloudwatch: 'Short pulses of `HTTPCode_ELB_502_Count`.',
    },
    prove: [
      { do: '`kubectl get events -A --field-selector reason=RELOAD`', expect: 'an event at the start of each burst.' },
      {
        do: 'Reload the proxy during a keep-alive load test',
        expect: "a burst of 502s each time; OpenResty's issue 695 did it at will.",
      },
    ],
    fix: [
      {
        where: 'Ingress controller',
        set: 'dynamic endpoints, batched configuration',
        because: 'Each reload costs every idle connection.',
      },
      {
        where: 'nginx 1.27.4 or newer',
        set: '`keepalive_min_timeout 65s; worker_shutdown_timeout 75s;`',
        because: 'Old workers keep idle connections at least that long. Reports say it helps and is not always enough.',
      },
      {
        where: 'ALB',
        set: 'a shorter `idle_timeout.timeout_seconds`, where responses allow it',
        because: 'Fewer idle connections are there to be lost.',
      },
      {
        where: 'uvicorn 0.51 or newer',
        set: '`SIGHUP` with several workers',
        because: 'It then replaces workers one at a time.',
      },
    ],
    lookalikes: [
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'One constant gap, spread over all hours; here bursts with gaps of any length.',
      },
      { cause: 'deregistration-race', tell: 'The address is not seen again; here the same address goes on answering.' },
      { cause: 'worker-recycling', tell: 'The period is a number of requests per worker; here it is reload times.' },
      { cause: 'proxy-sheds-idle-connections', tell: 'Tied to the number of open connections, not to instants.' },
    ],
    settledBy: ["reload times from the proxy's log beside the bursts"],
  },
})
