import { CopyButton } from './copy-button.tsx'
import { Logged } from './logged.tsx'

interface Props {
  readonly text: string
  readonly label: string
  /** What the copy button copies, in words; without it there is no button. */
  readonly what?: string
  /** A configuration keeps its lines; a row of a log is one long line. */
  readonly isBlock?: boolean
}

/** Preformatted text, wrapped: nothing of a row or a command is out of sight. */
export function CodeBox({ text, label, what, isBlock = false }: Props) {
  return (
    <div class="code-box">
      <pre role="group" aria-label={label}>
        <Logged text={isBlock ? text.replace(/\n+$/, '') : text} isBlock={isBlock} />
      </pre>
      {what && <CopyButton text={text} what={what} />}
    </div>
  )
}
