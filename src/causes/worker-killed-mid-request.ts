import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'worker-killed-mid-request',
    number: 26,
    family: 'D',
    title: 'The process died while it was working on requests',
    hop: 'application',
    symptoms: ['closed-before-response', 'connect-refused'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost502,
      source.gunicornSettings,
      'https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/',
      source.measured(10),
      'lab: memory-limit-exceeded',
      'lab: worker-killed-mid-request',
    ],
  },
  docs: {
    what: 'The kernel killed it for its memory, it crashed (segmentation fault, panic, `os.exit`), or its container was stopped by force. Every request it was working on ended there.',
    why: 'When a process ends, the kernel closes its connections (a FIN on a quiet one; a RST appears only in races). The load balancer had handed the request over and got no response head: 502. Connections still in the accept queue are reset at once.',
    act: '`kubectl describe pod`: the last state says `OOMKilled`, an exit code, or nothing. For memory, bound how much work runs at once; for a crash, find the request that died every time.',
    inTheLog: {
      row: "`502 -`, target set, `0.00x X -1`, X is the request's age at death (AWS's example: `0.001 4.205 -1`).",
      many: 'Several rows of one target end at the same instant with different X. Then refusals on that target (`-1 -1 -1`, 0 s) until it is back. Often one path or one large payload starts it: the killer is the longest or largest of the group.',
    },
    elsewhere: {
      appLog:
        'Stops in mid-sentence, then the lines of a start. No error: nobody was left to write it. gunicorn: `Worker (pid:N) was sent SIGKILL! Perhaps out of memory?`',
      proxyLog: 'nginx in between: `upstream prematurely closed connection while reading response header`.',
      cloudwatch:
        '`HTTPCode_ELB_502_Count`. Container memory in a saw-tooth; `kube_pod_container_status_last_terminated_reason`.',
    },
    prove: [
      {
        do: "`kubectl get pod POD -o jsonpath='{..lastState.terminated}'`",
        expect: "`OOMKilled`, exit code 137 (SIGKILL) or 139 (segmentation fault), at the failures' end.",
      },
      { do: "On the node: `dmesg -T | grep -i 'killed process'`", expect: 'the process and its memory.' },
      { do: '`kubectl logs POD --previous | tail -50`', expect: 'the last request before the end.' },
    ],
    fix: [
      {
        where: 'Pod',
        set: '`resources.limits.memory` above the measured peak; concurrency * memory per request below it',
        because: 'An unbounded number of parallel requests has no safe limit.',
      },
      {
        where: 'gunicorn / uvicorn',
        set: '`--max-requests 1000 --max-requests-jitter 200` / `--limit-max-requests` with jitter, for a slow leak',
        because: 'A worker then goes before it is killed. Without jitter all go together (worker-recycling).',
      },
      {
        where: 'App',
        set: 'stream large bodies, bound page sizes',
        because: 'One request must not need the whole limit.',
      },
    ],
    lookalikes: [
      { cause: 'worker-timeout', tell: 'Target times stand at one number (30 s by default); here they are spread.' },
      {
        cause: 'liveness-probe-kills-busy-pod',
        tell: 'Events have `Liveness probe failed` before it, and it follows load.',
      },
      { cause: 'shutdown-drops-in-flight', tell: 'At a deploy or scale-in, and the address is not seen again.' },
      {
        cause: 'deregistration-delay-exceeded',
        tell: 'Only long requests, cut exactly the deregistration delay after the target began to drain.',
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'Target time 0.000 to 0.010 s and no companions at the same instant.',
      },
    ],
    settledBy: [
      "the container's last state and exit code at that instant",
      '`dmesg` on the node',
      'whether the target refuses connections right after',
    ],
    folklore: [
      {
        claim: 'A killed process sends RST',
        truth: 'Measured with SIGKILL in mid-request: FIN. Look at the shared end, not at the flag.',
      },
      { claim: 'Retries help', truth: 'They replay the request that killed the process, on the next target.' },
    ],
  },
})
