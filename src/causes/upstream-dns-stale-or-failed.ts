import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'upstream-dns-stale-or-failed',
    number: 45,
    family: 'F',
    title: 'The proxy used an outdated address of the app, or could not resolve its name',
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'kubernetes'],
    since: '0.1.0',
    sources: [source.nginxUpstream, source.nginxCore, source.nginxUpstreamSource, 'lab: upstream-dns-stale'],
  },
  docs: {
    what: 'nginx resolves the names in its configuration once, at start. For a headless Service that gives pod addresses, and they are dead after the next rollout. With a `resolver` and a variable it asks again, and then the resolver may fail.',
    why: 'nginx cannot reach or name its upstream and answers 502; the load balancer passes it on.',
    act: 'Point nginx at a ClusterIP Service, whose address stays. Or use `server ... resolve` with a `resolver`, in open source since 1.27.3.',
    inTheLog: {
      row: '`502 502`, target set, target time about 0 (refused, not resolved) or at the connect or resolver timeout.',
      many: "From a rollout of the app until nginx's next reload; or in minutes of DNS trouble, all proxy pods together.",
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog:
        '`host not found in upstream`, `NAME could not be resolved (3: Host not found)` or `(110: Operation timed out)`; or `connect() failed (111` or `(113` to an address that no pod has.',
      cloudwatch: '`HTTPCode_Target_5XX_Count`.',
    },
    prove: [
      {
        do: "`kubectl logs PROXY_POD | grep -E 'could not be resolved|host not found'`",
        expect: "the name and the resolver's code.",
      },
      {
        do: "Compare the addresses in nginx's error log with `kubectl get endpointslices`",
        expect: 'addresses that are not in the list.',
      },
      {
        do: '`kubectl exec PROXY_POD -- getent hosts SERVICE`',
        expect: 'the present address, other than the one nginx uses.',
      },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`proxy_pass http://SERVICE.NAMESPACE.svc.cluster.local:PORT;` with a ClusterIP Service',
        because: 'Its address does not change when pods do.',
      },
      {
        where: 'nginx 1.27.3 or newer',
        set: '`resolver CLUSTER_DNS valid=5s;` and `server NAME resolve;` in an upstream with `zone`',
        because: 'It follows changes without a reload.',
      },
      {
        where: 'Older nginx',
        set: '`resolver CLUSTER_DNS valid=5s; set $app NAME; proxy_pass http://$app:PORT;`',
        because: "A variable makes nginx ask at run time, at the price of the upstream's keep-alive.",
      },
    ],
    lookalikes: [
      { cause: 'nginx-upstream-refused', tell: 'The address belongs to a live pod whose app is down.' },
      { cause: 'nginx-no-live-upstreams', tell: 'The servers are banned or full, their addresses are right.' },
      { cause: 'dependency-stall', tell: 'The app, not the proxy, waits for DNS: steps of 5 s in its own calls.' },
    ],
    settledBy: [
      "nginx's error log: the resolver's sentence, or the address it tried",
      "the pods (`kubectl get pods -o json`) beside nginx's error log: addresses that no pod has, while others were ready",
    ],
  },
})
