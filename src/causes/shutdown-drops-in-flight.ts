import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'shutdown-drops-in-flight',
    number: 21,
    family: 'C',
    title: 'The process ended at shutdown without finishing its requests',
    hop: 'application',
    symptoms: ['closed-before-response'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log'],
    since: '0.1.0',
    sources: [
      source.kubeTermination,
      source.uvicornBehavior,
      source.gunicornSettings,
      source.nodeHttp,
      source.nginxControl,
      source.measured(13),
      source.measured(22),
      'lab: grace-period-too-short',
    ],
  },
  docs: {
    what: 'SIGTERM reached an app that exits at once; or it never reached it, because a shell is PID 1; or the grace period ended and SIGKILL came. Every request in flight was lost.',
    why: 'The kernel closes the connections of a process that ends. Requests without a response head become `502 -`; those with one are truncated 200s.',
    act: 'Check that the signal arrives (exec form of the entrypoint), that the server drains on it, and that the grace period is longer than preStop plus the slowest request.',
    inTheLog: {
      row: '`502 -`, target set, `0.00x X -1`, X spread from milliseconds to the slowest request.',
      many: "All end at the same instant, on one target, in its last second; addresses go one after another at the rollout's pace.",
    },
    elsewhere: {
      appLog:
        'uvicorn: `Cancel N running task(s), timeout graceful shutdown exceeded`. Or nothing after `Shutting down`. Exit code 137 is SIGKILL, 143 SIGTERM.',
      proxyLog:
        'nginx in between: `upstream prematurely closed connection`. nginx itself drops requests in flight on TERM and finishes them on QUIT.',
      cloudwatch: 'Pulses of `HTTPCode_ELB_502_Count` at rollouts; `TargetConnectionErrorCount` flat for these.',
    },
    prove: [
      {
        do: "`kubectl exec POD -- cat /proc/1/cmdline | tr '\\0' ' '`",
        expect: '`sh -c ...`: the signal stops at the shell.',
      },
      {
        do: "`kubectl get pod POD -o jsonpath='{.spec.terminationGracePeriodSeconds}'`",
        expect: '30 or less, with requests or preStop longer than that.',
      },
      {
        do: 'Start a 20 s request, then `kubectl delete pod POD`',
        expect: "the request fails at once, or at the grace period's end.",
      },
    ],
    fix: [
      {
        where: 'Image',
        set: '`ENTRYPOINT ["uvicorn", ...]` (exec form), or `exec` as the script\'s last line',
        because: 'PID 1 must be the server, not a shell.',
      },
      {
        where: 'uvicorn',
        set: '`--timeout-graceful-shutdown 45`',
        because: 'With 2 s a request was cut after 3.2 s in the measurement.',
      },
      {
        where: 'gunicorn',
        set: '`--graceful-timeout 45`',
        because: 'The default is 30 s; it must fit into the grace period.',
      },
      {
        where: 'Node',
        set: "`process.on('SIGTERM', () => server.close())`",
        because: 'Without a handler all three kinds of connection are cut. With it requests in flight finish.',
      },
      { where: 'Go', set: '`srv.Shutdown(ctx)` with 45 s', because: '`Close` cuts, `Shutdown` drains.' },
      { where: 'nginx', set: '`STOPSIGNAL SIGQUIT` in the image', because: 'TERM is the fast stop.' },
      {
        where: 'Pod',
        set: '`terminationGracePeriodSeconds` >= preStop + drain + 5',
        because: 'At its end everything is killed.',
      },
    ],
    lookalikes: [
      {
        cause: 'worker-killed-mid-request',
        tell: "Outside deploys, and the address comes back; here it is the address's last second.",
      },
      { cause: 'deregistration-race', tell: 'Target times near 0 or refusals; here requests that had been running.' },
      {
        cause: 'deregistration-delay-exceeded',
        tell: 'Only requests longer than the delay, and the process lived on.',
      },
      { cause: 'worker-timeout', tell: 'One number for all target times, at any time of day.' },
    ],
    settledBy: [
      "the container's exit code and the time between SIGTERM and its end",
      "the pod's `Killing` event at that instant",
      'what PID 1 is',
    ],
  },
})
