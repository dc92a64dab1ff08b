import { join } from 'node:path'

/** Where a run writes. The diagnosis gets `incident` and nothing else. */
export interface RunFolders {
  readonly root: string
  readonly incident: string
  readonly kubernetes: string
  readonly truth: string
  readonly scratch: string
}

export function runFolders(root: string): RunFolders {
  return {
    root,
    incident: join(root, 'incident'),
    kubernetes: join(root, 'incident', 'kubernetes'),
    truth: join(root, 'truth'),
    scratch: join(root, 'scratch'),
  }
}
