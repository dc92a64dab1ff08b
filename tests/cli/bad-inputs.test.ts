import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { InputReport } from '../../src/core/diagnosis.ts'
import { diagnose, logFiles, logRows, scratchFolder, unbalanced } from './incidents.ts'
import { main, runCli } from './run-cli.ts'

const incident = 'idle-timeout'
const rows = logRows(incident)
const [firstLog = '', secondLog = ''] = logFiles(incident)
const firstRows = gunzipSync(readFileSync(firstLog)).toString('latin1').trimEnd().split('\n')

/** Rows of one file, given as text. */
function diagnoseText(text: string | Uint8Array, ...args: string[]): ReturnType<typeof diagnose> {
  const path = join(scratchFolder(), 'rows.log')
  writeFileSync(path, text)
  return diagnose(path, ...args)
}

function inputNamed(run: ReturnType<typeof diagnose>, name: string): InputReport | undefined {
  return run.diagnosis.inputs.find((input) => basename(input.name) === name)
}

describe('nothing to read exits 3', () => {
  test('no such file', () => {
    const { exitCode, stdout, stderr } = runCli(['no/such/file.log'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('no/such/file.log')
    expect(stdout).toBe('')
  })

  test('an empty folder ends with the advice how to get the logs', () => {
    const { exitCode, stderr } = runCli([scratchFolder()])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('why5xx logs')
  })

  test('a folder without a log says what was seen in it', () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'notes.txt'), 'milk\nbread\n')
    const { exitCode, stderr } = runCli([folder])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('notes.txt')
  })

  test('an empty file', () => {
    const path = join(scratchFolder(), 'empty.log')
    writeFileSync(path, '')
    expect(runCli([path]).exitCode).toBe(3)
  })

  test('a binary file', () => {
    const path = join(scratchFolder(), 'a.log')
    writeFileSync(path, Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7919) & 255)))
    const { exitCode, stderr } = runCli([path])
    expect(exitCode).toBe(3)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('a PNG named .gz', () => {
    const path = join(scratchFolder(), 'a.log.gz')
    writeFileSync(path, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
    expect(runCli([path]).exitCode).toBe(3)
  })

  test('the test file that ELB writes is known by its content', () => {
    const folder = scratchFolder()
    writeFileSync(
      join(folder, 'renamed'),
      'Enable AccessLog for ELB: app/shop/50dc6c495c0c9188 at 2026-11-23T02:00:00.000Z',
    )
    expect(runCli([folder]).exitCode).toBe(3)
    copyFileSync(firstLog, join(folder, 'a.gz'))
    const run = diagnose(folder)
    expect(run.exitCode).toBe(0)
    expect(unbalanced(run.diagnosis)).toEqual([])
    expect(run.diagnosis.books.requests).toBe(firstRows.length)
  })
})

describe('part of it readable', () => {
  test('a truncated gzip keeps what was read and says how much is lost', () => {
    const folder = scratchFolder()
    const packed = readFileSync(firstLog)
    writeFileSync(join(folder, 'cut.log.gz'), packed.subarray(0, packed.length >> 1))
    copyFileSync(secondLog, join(folder, 'whole.log.gz'))
    const run = diagnose(folder)
    const cut = inputNamed(run, 'cut.log.gz')
    expect(run.exitCode).toBe(4)
    expect(cut?.truncated).toBeTruthy()
    expect(cut?.parsed).toBeGreaterThan(0)
    expect(cut?.parsed).toBeLessThan(firstRows.length)
    expect(unbalanced(run.diagnosis)).toEqual([])
  })

  test('an unreadable file among readable ones is left out, and the report says so', () => {
    const folder = scratchFolder()
    copyFileSync(firstLog, join(folder, 'good.log.gz'))
    // Root may read everything, but not this.
    if (process.getuid?.() === 0) symlinkSync('/proc/self/mem', join(folder, 'locked.log'))
    else {
      copyFileSync(secondLog, join(folder, 'locked.log'))
      chmodSync(join(folder, 'locked.log'), 0o000)
    }
    const run = diagnose(folder)
    expect(run.exitCode).toBe(4)
    expect(run.diagnosis.books.requests).toBe(firstRows.length)
    expect(JSON.stringify([run.diagnosis.inputs, run.diagnosis.errors])).toContain('locked.log')
    expect(runCli([folder]).stdout).toContain('locked.log')
  })

  test('a missing path among readable ones is left out with exit code 4', () => {
    const run = diagnose(firstLog, 'no/such/file.log')
    expect(run.exitCode).toBe(4)
    expect(run.diagnosis.books.requests).toBe(firstRows.length)
  })

  test('a file cut in the middle of a row has one bad row, and shows it', () => {
    const text = `${firstRows.slice(0, 10).join('\n')}\n`
    const run = diagnoseText(text + (firstRows[10] ?? '').slice(0, 90))
    expect(run.diagnosis.books).toMatchObject({ rows: 11, parsed: 10, bad: 1 })
    expect(run.diagnosis.inputs[0]?.badSamples[0]).toContain((firstRows[10] ?? '').slice(0, 60))
  })

  test('several gzip members in one file are all read', () => {
    const half = firstRows.length >> 1
    const members = [firstRows.slice(0, half), firstRows.slice(half)].map((part) => gzipSync(`${part.join('\n')}\n`))
    expect(diagnoseText(Buffer.concat(members)).diagnosis.books.requests).toBe(firstRows.length)
  })
})

describe('strange rows', () => {
  test('CRLF, a byte order mark and a missing last newline lose nothing', () => {
    const run = diagnoseText(`\uFEFF${firstRows.join('\r\n')}`)
    expect(run.diagnosis.books).toMatchObject({ rows: firstRows.length, parsed: firstRows.length, bad: 0 })
  })

  test('NUL bytes make their own row bad and no other', () => {
    const broken = [...firstRows.slice(0, 5), '\0\0\0\0', ...firstRows.slice(5)].join('\n')
    const run = diagnoseText(broken)
    expect(run.diagnosis.books).toMatchObject({ parsed: firstRows.length, bad: 1 })
    expect(unbalanced(run.diagnosis)).toEqual([])
  })

  test('a row from the future with 40 fields is read', () => {
    const future = firstRows.map((row) => `${row} "-" "new" - 17 "x y" "-"`).join('\n')
    expect(diagnoseText(future).diagnosis.books).toMatchObject({ parsed: firstRows.length, bad: 0 })
  })

  test('a row whose times are NaN is counted as bad or flagged, never dropped', () => {
    const broken = (firstRows[0] ?? '').replace(/ (-1|\d+\.\d{3}) (-1|\d+\.\d{3}) (-1|\d+\.\d{3}) /, ' NaN NaN NaN ')
    expect(broken).toContain('NaN')
    const { books, contradictions } = diagnoseText([broken, ...firstRows.slice(1)].join('\n')).diagnosis
    expect(books.rows).toBe(firstRows.length)
    expect(books.bad + contradictions.length).toBeGreaterThan(0)
  })

  test('a row of 50 MB without a newline is one bad row, and memory stays bounded', async () => {
    const path = join(scratchFolder(), 'endless.log')
    writeFileSync(
      path,
      `${firstRows.slice(0, 20).join('\n')}\n${'x'.repeat(50_000_000)}\n${firstRows.slice(20, 40).join('\n')}\n`,
    )
    const out = join(scratchFolder(), 'diagnosis.json')
    const { exitCode, peakBytes } = await withPeak(['diagnose', path, '--format', 'json', '--output', out])
    expect(exitCode).toBe(0)
    const { books } = JSON.parse(readFileSync(out, 'utf8')) as ReturnType<typeof diagnose>['diagnosis']
    expect(books).toMatchObject({ parsed: 40, bad: 1 })
    expect(peakBytes).toBeLessThan(300e6)
  })

  test('terminal escapes in URL, user agent and file name reach no terminal', () => {
    const folder = scratchFolder()
    const hostile = firstRows
      .map((row) =>
        row
          .replace('HTTP/1.1"', '\u001b[31m\u009b2J\u0007 HTTP/1.1"')
          .replace(/" "Mozilla/, '" "\u001b]0;owned\u0007Mozilla'),
      )
      .join('\n')
    writeFileSync(join(folder, 'a\u001b[2Jb.log'), hostile)
    for (const format of ['terminal', 'markdown']) {
      const { stdout, stderr } = runCli(['diagnose', folder, '--format', format, '--redact', 'off'])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }
  })
})

describe('the same rows twice are counted once, and the report says so', () => {
  function expectOnce(run: ReturnType<typeof diagnose>): void {
    expect(run.diagnosis.books.requests).toBe(firstRows.length)
    expect(unbalanced(run.diagnosis)).toEqual([])
    expect(run.diagnosis.inputs.some((input) => input.note !== null || input.skipped > 0)).toBe(true)
  }

  test('by the same path', () => {
    const run = diagnose(firstLog, firstLog)
    expect(run.diagnosis.books.requests).toBe(firstRows.length)
    expect(unbalanced(run.diagnosis)).toEqual([])
  })

  test('by a symbolic link', () => {
    const link = join(scratchFolder(), 'link.log.gz')
    symlinkSync(firstLog, link)
    expect(diagnose(firstLog, link).diagnosis.books.requests).toBe(firstRows.length)
  })

  test('as a copy', () => {
    const folder = scratchFolder()
    copyFileSync(firstLog, join(folder, 'a.gz'))
    copyFileSync(firstLog, join(folder, 'b.gz'))
    expectOnce(diagnose(folder))
  })

  test('as plain and as gzip', () => {
    const folder = scratchFolder()
    copyFileSync(firstLog, join(folder, 'a.log.gz'))
    writeFileSync(join(folder, 'a.log'), gunzipSync(readFileSync(firstLog)))
    expectOnce(diagnose(folder))
  })

  test('as rows of overlapping files', () => {
    const folder = scratchFolder()
    const half = firstRows.length >> 1
    writeFileSync(join(folder, 'a.log'), `${firstRows.slice(0, half + 20).join('\n')}\n`)
    writeFileSync(join(folder, 'b.log'), `${firstRows.slice(half - 20).join('\n')}\n`)
    expectOnce(diagnose(folder))
  })
})

describe('ways in', () => {
  test('standard input, plain or gzip', () => {
    for (const input of [readFileSync(firstLog), gunzipSync(readFileSync(firstLog))]) {
      const { stdout, exitCode } = runCli(['diagnose', '-', '--format', 'json'], { input })
      expect(exitCode).toBe(0)
      expect((JSON.parse(stdout) as ReturnType<typeof diagnose>['diagnosis']).books.requests).toBe(firstRows.length)
    }
  })

  test('folders within folders, and a glob in quotes', () => {
    const folder = scratchFolder()
    mkdirSync(join(folder, '2026', '11', '23'), { recursive: true })
    for (const [index, path] of logFiles(incident).entries())
      copyFileSync(path, join(folder, '2026', '11', '23', `${index}.txt`))
    expect(diagnose(folder).diagnosis.books.requests).toBe(rows.length)
    expect(diagnose(join(folder, '**', '*.txt')).diagnosis.books.requests).toBe(rows.length)
  })

  test('a mix of kinds is told apart', () => {
    const folder = scratchFolder()
    copyFileSync(firstLog, join(folder, 'alb'))
    writeFileSync(
      join(folder, 'classic'),
      '2026-11-23T02:19:20.000000Z shop-classic 203.0.113.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 503 503 0 29 "GET http://www.shop.example:80/ HTTP/1.1" "curl/8.5.0" - -\n',
    )
    const { diagnosis } = diagnose(folder)
    expect(diagnosis.inputs.map((input) => input.format).sort()).toEqual(['alb', 'classic'])
    expect(diagnosis.books.requests).toBe(firstRows.length + 1)
    expect(diagnosis.books.target5xx).toBe(1)
    expect(unbalanced(diagnosis)).toEqual([])
  })

  test('a pipe that closes early is not an error', () => {
    const status = execFileSync(
      'bash',
      [
        '-c',
        `set -o pipefail; "${process.execPath}" "${main}" "${firstLog}" | head -n 1 >&2; echo "\${PIPESTATUS[0]}"`,
      ],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    expect(status.trim()).toBe('0')
  })
})

/** Peak resident set of a run, read from the kernel while it runs. */
async function withPeak(args: readonly string[]): Promise<{ exitCode: number | null; peakBytes: number }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
  let peakBytes = 0
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024)
    } catch {
      // The process has just ended.
    }
  }, 5)
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(timer)
  return { exitCode, peakBytes }
}
