import { describe, expect, it } from 'vitest'
import { symptoms } from '../core/vocabulary.ts'
import { findPage, pagesLike } from './find-page.ts'
import { causes } from './index.ts'
import { wrap } from './page-text.ts'

const words = [...causes.map(({ meta }) => meta.id), ...symptoms]

describe('a catalogue page', () => {
  it.each(words)('%s fits 80 columns, but for a single long word', (word) => {
    const page = findPage(word)
    expect(page).toBeDefined()
    for (const line of page?.split('\n') ?? [])
      if (line.length > 80) expect(line.trim().replace(/^(\d+\.|-) /, ''), line).not.toMatch(/\s/)
  })

  it.each(words)('%s reads the same as markdown', (word) => {
    const markdown = findPage(word, 'markdown') ?? ''
    expect(markdown).toContain(`# ${word}`)
    expect(markdown).not.toMatch(/undefined|\[object/)
    expect(markdown.replaceAll(/`[^`]*`/g, '').replaceAll('<br>', '')).not.toMatch(/<\w/)
  })

  it('does not exist for a word that is neither a cause nor a symptom', () => {
    expect(findPage('constructor')).toBeUndefined()
    expect(findPage('502')).toBeUndefined()
  })
})

describe('pagesLike', () => {
  it('suggests ids that hold the word', () => {
    expect(pagesLike('keepalive')).toContain('keepalive-shorter-than-idle-timeout')
  })
  it('suggests ids that share a part of a mistyped one', () => {
    expect(pagesLike('listen-backlog-overflw')[0]).toBe('listen-backlog-overflow')
  })
  it('suggests nothing for nonsense', () => {
    expect(pagesLike('xyzzy')).toEqual([])
  })
})

describe('wrap', () => {
  it('keeps a command in backticks on one line', () => {
    expect(wrap('aaaa bbbb `kubectl get pods` cc', '', 22)).toBe('aaaa bbbb\n`kubectl get pods` cc')
  })
  it('continues a command that does not fit a line by itself, as a shell wants it', () => {
    expect(wrap("On it: `kubectl get pods -l 'a b' -o wide`", '  ', 22)).toBe(
      "  On it:\n  `kubectl get pods \\\n  -l 'a b' -o wide`",
    )
  })
  it('breaks a long log line in backticks at spaces', () => {
    expect(wrap('`upstream timed out here`', '', 16)).toBe('`upstream timed\nout here`')
  })
})
