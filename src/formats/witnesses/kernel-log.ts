import { defineLineFormat, type Envelope, type Mutable, parseLine } from './define-line-format.ts'
import type { WitnessRow } from './witness-row.ts'

/** `dmesg`, `dmesg -T`, `dmesg --time-format iso`. What syslog and journald put before it is taken off before. */
export const kernelLog = defineLineFormat({
  id: 'kernel-log',
  title: 'kernel log of a node (dmesg, journalctl -k, kern.log)',
  source: 'https://man7.org/linux/man-pages/man1/dmesg.1.html',
  role: 'either',
  what: 'event',
  pattern:
    /^(?:<\d{1,3}>|[a-z0-9]+ *: *[a-z]+ *: )?(?:\[(?: *\d{1,9}\.\d{6}|(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}))\]|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d)) (.+)$/,
  fields: [
    {
      name: 'time (-T)',
      kind: 'time',
      meaning: 'When, in the local time of the node. Seconds since the boot are none.',
    },
    { name: 'time (iso)', kind: 'time', meaning: 'When.' },
    { name: 'message', kind: 'message', meaning: 'What the kernel said.' },
  ],
  samples: [
    {
      title: 'dmesg -T',
      line: '[Mon Nov 23 02:19:03 2026] nf_conntrack: nf_conntrack: table full, dropping packet',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 3),
        hasZone: false,
        message: 'nf_conntrack: nf_conntrack: table full, dropping packet',
      },
    },
    {
      title: 'dmesg --time-format iso',
      line: '2026-11-23T02:19:03,123000+00:00 TCP: request_sock_TCP: Possible SYN flooding on port 8000. Sending cookies.',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 3, 123),
        message: 'TCP: request_sock_TCP: Possible SYN flooding on port 8000. Sending cookies.',
      },
    },
    {
      title: 'seconds since the boot',
      line: '[11525.097088] net_ratelimit: 83 callbacks suppressed',
      expect: { timeMs: Number.NaN, message: 'net_ratelimit: 83 callbacks suppressed' },
    },
    {
      title: 'another bracket',
      line: '[2026-11-23 02:19:03 +0000] [7] [INFO] Booting worker with pid: 7',
      expect: null,
    },
  ],
})

/** What is left of a line of syslog or journald that the kernel wrote. */
const tagged = { ...kernelLog, pattern: /^(?:\[ *\d{1,9}\.\d{6}\] )?(.+)$/, fields: kernelLog.fields.slice(2) }
const SINCE_BOOT = /^(?:<\d{1,3}>|[a-z0-9]+ *: *[a-z]+ *: )?\[ *(\d{1,9}\.\d{6})\] /
/** Lines that name the time of day themselves: as the clock is set at the boot, and of the audit. */
const CLOCK = /setting system clock to \S+ UTC \((\d{10})\)|\baudit\((\d{10}\.\d{3}):/

/** A kernel's lines in order: one that names the time of day gives it to those that count from the boot. */
export function createKernelParser(): (line: string, envelope: Envelope) => WitnessRow | undefined {
  let bootMs = Number.NaN
  return (line, envelope) => {
    const row: Mutable<WitnessRow> | undefined = parseLine(
      envelope.source.endsWith('/kernel') ? tagged : kernelLog,
      line,
      envelope,
    )
    if (row === undefined || !Number.isNaN(row.timeMs)) return row
    const sinceBootMs = Number(SINCE_BOOT.exec(line)?.[1]) * 1000
    const clock = CLOCK.exec(line)
    if (clock) bootMs = Number(clock[1] ?? clock[2]) * 1000 - sinceBootMs
    if (!Number.isNaN(bootMs + sinceBootMs)) Object.assign(row, { timeMs: bootMs + sinceBootMs, timeStepMs: 1000 })
    return row
  }
}
