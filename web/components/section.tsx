import type { ComponentChildren } from 'preact'

interface Props {
  readonly id: string
  readonly title: string
  readonly note?: ComponentChildren
  readonly children: ComponentChildren
}

export function Section({ id, title, note, children }: Props) {
  return (
    <section class="section" id={id} aria-labelledby={`${id}-title`}>
      <header class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {note && <p class="section-note">{note}</p>}
      </header>
      {children}
    </section>
  )
}
