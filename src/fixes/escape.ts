/**
 * Everything in a diagnosis may have been written by a stranger (a host name, a path, a target group's name). Only what
 * fits a strict pattern reaches a file as a value; the rest never does, and a comment gets a harmless text.
 */

/** A Kubernetes object name, or the fallback. */
export function kubernetesName(text: string | null | undefined, fallback: string): string {
  return text && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? text : fallback
}

/** One line of harmless characters for a comment: no line break, no control character, nothing that ends a comment. */
export function commentText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/\*\//g, '* /')
    .slice(0, 400)
}

/** A finite number as text; anything else is a bug here, not a value there. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`Not a number for a configuration: ${value}`)
  return String(Math.round(value * 1000) / 1000)
}
