import { useState } from 'preact/hooks'
import { notice } from '../model/state.ts'

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false)
  const onClick = async (): Promise<void> => {
    const isDone = await copy(text)
    setCopied(isDone)
    notice.value = isDone ? `Copied: ${what}` : 'Copying was refused by the browser; select the text instead.'
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <button type="button" class="button copy" onClick={onClick} aria-label={`Copy ${what}`}>
      {isCopied ? 'Copied' : 'Copy'}
    </button>
  )
}

/** The clipboard API needs a secure context, which a file from disk is not in every browser. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'visually-hidden'
    document.body.append(area)
    area.select()
    const isDone = document.execCommand('copy')
    area.remove()
    return isDone
  }
}
