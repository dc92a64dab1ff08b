import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../core/errors.ts'

/** Before hours of reading: a file that cannot be written is an error now, not then. */
export function assertWritable(path: string): void {
  try {
    const exists = existsSync(path)
    if (exists && statSync(path).isDirectory()) throw new Error('it is a folder')
    accessSync(exists ? path : dirname(path), constants.W_OK)
  } catch (error) {
    throw new AppError('OUTPUT_UNWRITABLE', { path, why: (error as Error).message }, { cause: error })
  }
}
