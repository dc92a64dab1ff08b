import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail } from '../../core/errors.ts'

/** Makes the folder where it is missing, and says before anything runs when nothing could be written there. */
export function ensureWritable(directory: string): void {
  try {
    makeDirectory(directory)
    accessSync(directory, constants.W_OK)
  } catch (error) {
    fail('OUTPUT_UNWRITABLE', { path: directory, why: (error as Error).message }, { cause: error })
  }
}

/** Not mkdir's `recursive`: Node 20 tries forever where the kernel answers ENOENT below a folder that exists (/proc). */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return
    if (code !== 'ENOENT' || dirname(directory) === directory) throw error
    makeDirectory(dirname(directory))
    mkdirSync(directory)
  }
}
