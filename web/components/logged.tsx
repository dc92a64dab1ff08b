import type { ComponentChildren } from 'preact'
import { inert } from '../model/inert.ts'

interface Props {
  readonly text: string
  /** Line breaks and tabs are layout here (a patch, a configuration), not characters that act. */
  readonly isBlock?: boolean
}

/** Text that somebody else wrote: as text, left to right, with acting characters named. */
export function Logged({ text, isBlock = false }: Props): ComponentChildren {
  return (
    <bdi class="logged" dir="ltr">
      {inert(text, isBlock).map((piece, index) =>
        piece.isNamed ? (
          <span class="named" key={index}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  )
}
