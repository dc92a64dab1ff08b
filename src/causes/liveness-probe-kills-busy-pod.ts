import { defineCause } from './define-cause.ts'

export default defineCause({
  meta: {
    id: 'liveness-probe-kills-busy-pod',
    number: 25,
    family: 'C',
    title: 'A busy pod missed its liveness probe and was restarted with requests in flight',
    hop: 'application',
    symptoms: ['closed-before-response', 'connect-refused'],
    decidedBy: 'witness',
    wants: ['kubernetes', 'app-log'],
    since: '0.1.0',
    sources: [
      'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/',
      'https://github.com/mattrobinsonsre/terrapod/issues/228',
      'https://github.com/sentinel-hub/titiler-openeo/pull/303',
      'https://github.com/Vexa-ai/vexa/issues/802',
      'https://github.com/sgl-project/sglang/issues/30770',
      'lab: liveness-kills-busy-pod',
    ],
  },
  docs: {
    what: 'The pod was working, only too busy to answer its liveness probe in time (1 s by default). kubelet restarts it. Its load moves to the others, and they miss their probes next: a cascade.',
    why: 'Requests in flight lose their connection: `502 -` all at one instant. Until the container listens again, new connections are refused.',
    act: 'Make the liveness path free (async, no pool, no dependency), give it 5 s and 6 failures, and never share it with readiness. Then remove what blocks the pod.',
    inTheLog: {
      row: '`502 -` with `0.00x X -1`, then `502 -` with `-1 -1 -1` on the same target.',
      many: 'Follows open requests. Targets fall one after another. The same address returns (a restart of the container), about the start-up time later.',
    },
    elsewhere: {
      appLog: 'Cut off, then a start. In FastAPI a plain `def /health` waits for the same 40 threads as the work.',
      proxyLog: 'nginx in between: `upstream prematurely closed connection`, then `connect() failed (111`.',
      cloudwatch: '`HTTPCode_ELB_502_Count` in bursts, `UnHealthyHostCount` following.',
    },
    prove: [
      {
        do: '`kubectl get events --field-selector reason=Unhealthy`',
        expect: '`Liveness probe failed: ... context deadline exceeded` just before.',
      },
      { do: '`kubectl get pods`', expect: 'RESTARTS up, last state exit code 137 or 143.' },
      {
        do: "`kubectl get deploy NAME -o jsonpath='{..livenessProbe}'`",
        expect: '`timeoutSeconds: 1`, or the same path as readiness.',
      },
    ],
    fix: [
      {
        where: 'Pod',
        set: '`livenessProbe: {httpGet: {path: /live}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}`',
        because: 'Threshold times period (60 s) must exceed the longest stall the pod survives.',
      },
      {
        where: 'App',
        set: '`/live` as `async def` that returns a constant',
        because: 'It then needs neither a thread nor a dependency.',
      },
      {
        where: 'Pod',
        set: 'readiness with a shorter fuse: period 5 s, timeout 3 s, threshold 2',
        because: 'Readiness sheds load from a busy pod; liveness is for a dead one.',
      },
      {
        where: 'App',
        set: 'the work that blocks (event-loop-blocked, worker-pool-exhausted)',
        because: 'The probe is only the messenger.',
      },
    ],
    lookalikes: [
      { cause: 'worker-killed-mid-request', tell: '`OOMKilled` or a crash code and no failed probe before.' },
      {
        cause: 'shutdown-drops-in-flight',
        tell: '`Killing` by a rollout or a drain, and the address does not return.',
      },
      { cause: 'worker-timeout', tell: 'One number for all target times, and the container is not restarted.' },
      {
        cause: 'service-without-endpoints',
        tell: 'Readiness instead of liveness: nothing is restarted, all nodes reject.',
      },
    ],
    settledBy: ['`Liveness probe failed` events and restart counts at that instant'],
  },
})
