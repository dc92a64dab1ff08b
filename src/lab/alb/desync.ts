import { type HeaderLine, isToken } from './message-head.ts'

export type Classification = 'Acceptable' | 'Ambiguous' | 'Severe'
export type DesyncMode = 'monitor' | 'defensive' | 'strictest'

export interface DesyncVerdict {
  readonly classification: Classification
  readonly reason: string
}

const RANK: Readonly<Record<Classification, number>> = { Acceptable: 1, Ambiguous: 2, Severe: 3 }

/** What AWS calls the request when it does not comply with RFC 7230 ("Classification reasons" of the access log). */
export function classifyRequest(
  method: string,
  uri: string,
  version: string,
  headers: readonly HeaderLine[],
): DesyncVerdict | undefined {
  let worst: DesyncVerdict | undefined
  const add = (classification: Classification, reason: string): void => {
    if (worst === undefined || RANK[classification] > RANK[worst.classification]) worst = { classification, reason }
  }
  if (uri.includes(' ')) add('Acceptable', 'SpaceInUri')
  if (/[^\x20-\x7e\x80-\xff]/.test(uri)) add('Ambiguous', 'AmbiguousUri')
  if (uri.includes('\0')) add('Severe', 'BadUri')
  if (!/^HTTP\/1\.[01]$/.test(version)) add('Acceptable', 'NonCompliantVersion')

  const lengths: string[] = []
  const codings: string[] = []
  for (const { name, value } of headers) {
    const lower = name.toLowerCase()
    if (lower === 'content-length') lengths.push(value)
    else if (lower === 'transfer-encoding') codings.push(value.toLowerCase())
    else if (name === '') add('Ambiguous', 'EmptyHeader')
    else if (/^(content[\W_]*length|transfer[\W_]*encoding)\W*$/i.test(name)) add('Ambiguous', 'SuspiciousHeader')
    else if (!isToken(name) || /[^\x20-\x7e\t]/.test(value)) add('Acceptable', 'NonCompliantHeader')
    if (/[\0\r\n]/.test(value)) add('Severe', 'BadHeader')
  }
  if (lengths.some((value) => !/^\d{1,15}$/.test(value))) add('Severe', 'BadContentLength')
  else if (lengths.length > 1) {
    const isSame = lengths.every((value) => value === lengths[0])
    if (isSame) add('Ambiguous', 'DuplicateContentLength')
    else add('Severe', 'MultipleContentLength')
  }
  const chunkedCount = codings
    .flatMap((value) => value.split(','))
    .filter((coding) => coding.trim() === 'chunked').length
  if (chunkedCount > 1) add('Severe', 'MultipleTransferEncodingChunked')
  else if (codings.some((value) => !/^[\w!#$%&'*+.^`|~-]+$/.test(value))) add('Severe', 'BadTransferEncoding')
  if (lengths.length > 0 && codings.length > 0) add('Ambiguous', 'BothTeClPresent')
  if (method === 'GET' || method === 'HEAD') {
    if (codings.length > 0) add('Ambiguous', 'UndefinedTransferEncodingSemantics')
    if (lengths.length > 0) {
      if (lengths.every((value) => Number(value) === 0)) add('Acceptable', 'GetHeadZeroContentLength')
      else add('Ambiguous', 'UndefinedContentLengthSemantics')
    }
  }
  return worst
}

/** Defensive (the default) answers Severe with 400; strictest forwards compliant requests only; monitor blocks nothing. */
export function isBlocked(verdict: DesyncVerdict | undefined, mode: DesyncMode): boolean {
  if (verdict === undefined || mode === 'monitor') return false
  return mode === 'strictest' || verdict.classification === 'Severe'
}
