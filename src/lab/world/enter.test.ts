import { describe, expect, it } from 'vitest'
import { lastWords } from './enter.ts'

describe('the last words of a process', () => {
  it('are the error that nobody caught, not the version of Node below it', () => {
    const stderr = [
      'node:events:497',
      '      throw er; // Unhandled',
      '      ^',
      '',
      'Error: spawn ip EAGAIN',
      '    at ChildProcess._handle.onexit (node:internal/child_process:285:19) {',
      '  errno: -11,',
      "  code: 'EAGAIN'",
      '}',
      '',
      'Node.js v20.20.2',
      '',
    ].join('\n')
    expect(lastWords(stderr)).toBe('Error: spawn ip EAGAIN')
  })

  it('are the last line of whoever throws nothing', () => {
    expect(lastWords('unshare: unshare failed: Operation not permitted\n')).toBe(
      'unshare: unshare failed: Operation not permitted',
    )
    expect(lastWords('Killed\n\nNode.js v20.20.2\n')).toBe('Killed')
    expect(lastWords('')).toBe('')
  })
})
