import { defineCause } from './define-cause.ts'

export default defineCause({
  meta: {
    id: 'cpu-throttled-target',
    number: 37,
    family: 'E',
    title: 'The container used up its CPU quota and was stopped for part of every period',
    hop: 'application',
    symptoms: ['response-timeout'],
    decidedBy: 'witness',
    wants: ['prometheus', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      'https://www.kernel.org/doc/html/latest/scheduler/sched-bwc.html',
      'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
      'lab: cpu-throttled-target',
    ],
  },
  docs: {
    what: 'A CPU limit is a quota per 100 ms. A process with more threads than CPUs in its limit uses the quota up early and stands still for the rest of each period. Under load that grows to seconds.',
    why: 'Requests become slower by whole periods, and the slowest pass the idle timeout: 504. In the lab a limit of 0.15 CPU and quotes of 40 ms gave 159 of 332 requests 504 on an idle node, and none without the limit.',
    act: 'Read the throttling counters. Raise or remove the CPU limit, and match workers and threads to it.',
    inTheLog: {
      row: '`504 -` at the idle timeout, any path.',
      many: 'One deployment. Target times of all its paths lengthen together with load, in steps of 100 ms; worse on nodes with many cores, where programs start more threads.',
    },
    elsewhere: {
      appLog: 'Everything a little slower; garbage collection and TLS too.',
      proxyLog: 'Read timeouts to these pods.',
      cloudwatch:
        '`TargetResponseTime` p99; Container Insights: `pod_cpu_utilization_over_pod_limit` at 100 in the minutes of the failures.',
    },
    prove: [
      {
        do: 'In the container, twice: `cat /sys/fs/cgroup/cpu.stat`',
        expect: '`nr_throttled` and `throttled_usec` growing.',
      },
      {
        do: 'Prometheus, `query_range` over `{__name__=~"container_cpu_cfs.*"}`: give the JSON to why5xx as a witness',
        expect: 'half of the periods and more during the failures, and far fewer at other times.',
      },
      {
        do: "`kubectl get pod POD -o jsonpath='{..resources}'`",
        expect: 'a CPU limit below the number of busy threads.',
      },
    ],
    fix: [
      {
        where: 'Pod',
        set: 'no CPU limit, or a higher one; `requests.cpu` as measured',
        because: 'Requests share out CPU under contention without stopping anybody.',
      },
      {
        where: 'App server',
        set: 'workers = CPU limit; `GOMAXPROCS`, `-XX:ActiveProcessorCount` likewise',
        because: 'Threads beyond the quota only burn it faster.',
      },
    ],
    lookalikes: [
      {
        cause: 'event-loop-blocked',
        tell: 'Long stops of one process with batches after them; here everything is evenly slower.',
      },
      { cause: 'worker-pool-exhausted', tell: 'A knee at a number of open requests; the CPU is not at its limit.' },
      { cause: 'dependency-stall', tell: 'Only paths that use the dependency.' },
    ],
    settledBy: [
      '`container_cpu_cfs_throttled_periods_total` over `..._cfs_periods_total` during the failures and at other times',
    ],
  },
})
