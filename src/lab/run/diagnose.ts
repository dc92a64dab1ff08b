import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Verdict } from '../score/verdict.ts'
import { rowsOf } from '../truth/read-run.ts'
import type { RunFolders } from './folders.ts'

const cli = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/**
 * Diagnoses a run's incident folder through the command line, as its user would: whatever the lab knows stays outside
 * of what the diagnosis can read.
 */
export async function diagnoseRun(
  folders: RunFolders,
): Promise<{ readonly verdicts: readonly Verdict[]; readonly findings: readonly FindingSummary[] }> {
  const verdictFile = join(folders.root, 'verdicts.ndjson')
  const diagnosisFile = join(folders.root, 'diagnosis.json')
  const args = [
    'diagnose',
    folders.incident,
    '--verdicts',
    verdictFile,
    '--format',
    'json',
    '--output',
    diagnosisFile,
    '--quiet',
  ]
  const { code, stderr } = await new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ code: exitCode ?? 1, stderr: text }))
  })
  // 4: something in the folder was no log it knows; the load balancer's own rows are still judged.
  if ((code !== 0 && code !== 4) || !existsSync(verdictFile))
    throw new Error(`why5xx diagnose ended with ${code}: ${stderr.trim().split('\n').slice(0, 3).join(' ')}`)
  const diagnosis = JSON.parse(readFileSync(diagnosisFile, 'utf8')) as { findings: readonly Finding[] }
  return {
    verdicts: rowsOf<Verdict>(verdictFile),
    findings: diagnosis.findings.map(({ cause, symptom, confidence, failures, requests, candidates }) => ({
      cause,
      symptom,
      confidence,
      failures,
      requests,
      candidates: candidates.map((candidate) => candidate.cause),
    })),
  }
}

/** What the diagnosis says, as far as a run's report repeats it. */
export interface FindingSummary {
  readonly cause: string | null
  readonly symptom: string
  readonly confidence: string | null
  readonly failures: number
  /** Of a finding about rejected requests (no failures): how many. */
  readonly requests: number
  readonly candidates: readonly string[]
}

type Finding = Omit<FindingSummary, 'candidates'> & { readonly candidates: readonly { readonly cause: string }[] }
