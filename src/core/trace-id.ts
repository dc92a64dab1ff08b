const none: readonly string[] = []
const ID = /(?:(Self|Root)=)?(1-[0-9a-f]{8}-[0-9a-f]{24})/g

/**
 * The ids inside an `X-Amzn-Trace-Id`, or any text that quotes one, the request's own first. A client that sends a Root
 * of its own gets a `Self` beside it, and only Self is new with every request.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
 */
export function traceIdsIn(text: string): readonly string[] {
  const root = text.indexOf('Root=1-')
  if (root < 0 && !text.includes('1-')) return none
  // The usual case, told without a search: one Root and no Self.
  if (root >= 0 && text.charCodeAt(root + 15) === 45 && !text.includes('Self=') && text.indexOf('1-', root + 16) < 0)
    return [text.slice(root + 5, root + 40)]
  const ids: string[] = []
  for (const [, name, id] of text.matchAll(ID))
    if (name === 'Self') ids.unshift(id as string)
    else ids.push(id as string)
  return ids
}
