import { type DiagnoseOptions, type DiagnoseResult, judgeGathered } from './diagnose.ts'
import { loadEvidence } from './evidence-folder.ts'
import { readWitnesses } from './read-witnesses.ts'
import { findWitnesses } from './witness-files.ts'

export interface RejudgeOptions
  extends Pick<
    DiagnoseOptions,
    | 'witnesses'
    | 'useWitnesses'
    | 'witnessOptions'
    | 'idleTimeoutSeconds'
    | 'failureRows'
    | 'version'
    | 'isSaved'
    | 'now'
    | 'signal'
  > {
  /** Where {@link DiagnoseOptions} of an earlier run saved its evidence. */
  readonly folder: string
}

/** Judges saved evidence again: the logs are not needed, and not looked for. */
export async function rejudge(options: RejudgeOptions): Promise<DiagnoseResult> {
  const gathered = await loadEvidence(options.folder)
  const { idleTimeoutSeconds, failureRows } = options
  const signal = options.signal ?? new AbortController().signal
  const isHeard = options.useWitnesses !== false
  // What lay beside the logs was heard when they were read; others may have turned up since.
  const found = await findWitnesses(options.witnesses ?? [], { files: [], leftOut: [], unreadable: [] }, isHeard)
  const ask = async () => gathered.joined.subjects
  const heard = isHeard
    ? await readWitnesses(found, ask, options.witnessOptions ?? {}, signal, gathered)
    : { joined: undefined, unheard: [] }
  return judgeGathered(
    {
      ...gathered,
      ...heard,
      isComplete: gathered.isComplete && !signal.aborted,
      ...(idleTimeoutSeconds === undefined ? {} : { idleTimeoutSeconds }),
      ...(failureRows === undefined ? {} : { failureRows }),
    },
    options,
  )
}
