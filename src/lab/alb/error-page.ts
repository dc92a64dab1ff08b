/** Reasons as the pages spell them; 46x have no registered reason. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  401: 'Authorization Required',
  403: 'Forbidden',
  408: 'Request Time-out',
  414: 'Request-URI Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
}

/** Six times 67 bytes: the 402 bytes by which logged pages differ (679 - 277, 739 - 337, 674 - 272). */
const PADDING = '<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n'.repeat(6)

export interface PageRequest {
  readonly method: string
  readonly userAgent: string | undefined
}

/**
 * The load balancer's own page. Its length is what real rows show in sent_bytes: 502 = 277 (679 for Chrome, 155 for
 * HEAD, 272 with `Connection: close`), 503 = 337, 400 = 272 (published rows, 2023 to 2025).
 */
export function errorPage(elbStatus: number, request: PageRequest, isKeepAlive: boolean, atMs: number): Buffer {
  const reason = REASONS[elbStatus]
  const title = reason === undefined ? String(elbStatus) : `${elbStatus} ${reason}`
  const isPadded = /Chrome\/|MSIE /.test(request.userAgent ?? '')
  const body =
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
    `</body>\r\n</html>\r\n${isPadded ? PADDING : ''}`
  return ownResponse(elbStatus, reason ?? '', 'text/html', body, request.method, isKeepAlive, atMs)
}

/** What a fixed-response rule sends; the console's default content type is text/plain. */
export function fixedResponse(
  elbStatus: number,
  body: string,
  request: PageRequest,
  isKeepAlive: boolean,
  atMs: number,
): Buffer {
  const type = 'text/plain; charset=utf-8'
  return ownResponse(elbStatus, REASONS[elbStatus] ?? '', type, body, request.method, isKeepAlive, atMs)
}

/** The way to an identity provider, or back from it with a session. */
export function redirectPage(location: string, cookie: string | undefined, isKeepAlive: boolean, atMs: number): Buffer {
  const lines = [
    'HTTP/1.1 302 Found',
    'Server: awselb/2.0',
    `Date: ${new Date(atMs).toUTCString()}`,
    'Content-Length: 0',
    `Connection: ${isKeepAlive ? 'keep-alive' : 'close'}`,
    `Location: ${location}`,
    ...(cookie === undefined ? [] : [`Set-Cookie: ${cookie}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function ownResponse(
  elbStatus: number,
  reason: string,
  type: string,
  body: string,
  method: string,
  isKeepAlive: boolean,
  atMs: number,
): Buffer {
  const head =
    `HTTP/1.1 ${elbStatus} ${reason}\r\nServer: awselb/2.0\r\nDate: ${new Date(atMs).toUTCString()}\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Connection: ${isKeepAlive ? 'keep-alive' : 'close'}\r\n\r\n`
  return Buffer.from(method === 'HEAD' ? head : head + body, 'utf8')
}
