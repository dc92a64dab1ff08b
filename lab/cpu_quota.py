"""A CPU limit without cgroups: stops a process for the rest of each period in which it has used up its quota.

What CFS bandwidth control does to a container (kernel docs, scheduler/sched-bwc): a quota per period of 100 ms; who has used
it stands still until the next period, what was used beyond it is taken off that one's quota. Here SIGSTOP and SIGCONT do it,
and the process's own CPU clock measures. Prints once a second, as one JSON row, what cpu.stat would hold.
Usage: cpu_quota.py PID QUOTA_MS [PERIOD_MS]
"""
import json
import os
import signal
import sys
import time

pid, quota = int(sys.argv[1]), float(sys.argv[2]) / 1000
period = float(sys.argv[3]) / 1000 if len(sys.argv) > 3 else 0.1
# clock_getcpuclockid(3): the clock of another process, all its threads together.
clock = (~pid << 3) | 2

periods = throttled = 0
throttled_seconds = debt = 0.0
said = 0.0


def say():
    print(
        json.dumps(
            {"timeMs": round(time.time() * 1000), "usage_usec": round(used_before * 1e6), "nr_periods": periods,
             "nr_throttled": throttled, "throttled_usec": round(throttled_seconds * 1e6)}
        ),
        flush=True,
    )


try:
    used_before = time.clock_gettime(clock)
    start = time.monotonic()
    while True:
        end = start + period
        left = quota - debt
        used = 0.0
        while time.monotonic() < end:
            used = time.clock_gettime(clock) - used_before
            if used >= left:
                break
            # Two cores burn it in half of what is left.
            time.sleep(max(0.001, min((left - used) / 2, end - time.monotonic())))
        if used >= left:
            os.kill(pid, signal.SIGSTOP)
            stopped = time.monotonic()
            time.sleep(max(0.0, end - stopped))
            os.kill(pid, signal.SIGCONT)
            throttled += 1
            throttled_seconds += time.monotonic() - stopped
        now_used = time.clock_gettime(clock)
        spent = now_used - used_before
        # Periods in which nothing ran do not count.
        periods += 1 if spent > 0.00002 else 0
        debt = max(0.0, debt + spent - quota)
        used_before = now_used
        start = time.monotonic()
        if start - said >= 1:
            said = start
            say()
except (ProcessLookupError, OSError):
    pass  # the process has ended
