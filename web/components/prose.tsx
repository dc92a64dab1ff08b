import { Logged } from './logged.tsx'

/** A sentence of why5xx: what stands between backticks is something to type or to look for. It may quote the log. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`')
  if (parts.length % 2 === 0) return <Logged text={text} />
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          <code key={index}>
            <Logged text={part} />
          </code>
        ) : (
          <Logged text={part} key={index} />
        ),
      )}
    </>
  )
}
