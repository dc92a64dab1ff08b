// The shop on Node's http server, with routes that a well-behaved framework does not have: one that holds the event
// loop, one that closes the connection without an answer, one that writes a malformed head, one that announces a wrong length.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const setting = (name, standard) => Number(process.env[name] ?? standard)
const reportMs = setting('LAB_REPORT_SECONDS', 0.05) * 1000
const historyMs = setting('LAB_HISTORY_SECONDS', 0.05) * 1000
const isHeadTheServers = process.env.LAB_HEAD_IS_THE_SERVERS === '1'
const isUploadDrained = process.env.LAB_UPLOAD_DRAINED === '1'
const photoLimit = 1024 * 1024
const seenFile = process.env.LAB_SEEN_FILE

/** Announces characters where bytes are asked for, so dishes with an umlaut are longer than they say. */
const menu = (number, request, response) => {
  const dish = number % 3 === 0 ? 'Käsespätzle ' : 'Pumpernickel '
  const text = dish.repeat(30)
  if (isHeadTheServers) return void response.end(text)
  response.strictContentLength = true
  try {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': text.length })
    response.end(text)
  } catch (error) {
    // As Express does it (finalhandler): the head counts as sent, so there is no 500 any more, only the end.
    console.error(error)
    request.socket.destroy()
  }
}

const server = createServer((request, response) => {
  const started = performance.now()
  const path = request.url ?? '/'
  const trace = String(request.headers['x-amzn-trace-id'] ?? '-').replace('Root=', '')
  if (path === '/healthz' || path === '/livez') return void response.end('ok')
  if (seenFile) appendFileSync(seenFile, `${(Date.now() / 1000).toFixed(6)} ${trace}\n`)
  const log = (status) =>
    console.log(
      `${request.socket.remoteAddress} - "${request.method} ${path} HTTP/1.1" ${status} ${(performance.now() - started).toFixed(0)}ms trace=${trace}`,
    )
  response.on('finish', () => log(response.statusCode))
  if (process.env.LAB_CONNECTION_CLOSED === '1') response.setHeader('connection', 'close')
  request.resume()
  const answer = () => {
    if (path.startsWith('/old/') || path.startsWith('/wp-')) response.statusCode = 404
    response.setHeader('content-type', 'text/plain')
    response.end('shop '.repeat(80))
  }
  if (path.startsWith('/reports/')) {
    const end = performance.now() + reportMs
    while (performance.now() < end) Math.sqrt(end)
    return answer()
  }
  if (path.startsWith('/api/widgets/')) return answer()
  if (path.startsWith('/orders/')) return void setTimeout(answer, historyMs)
  if (path.startsWith('/api/vouchers/') && !isHeadTheServers) {
    // A handler that gives up: the connection goes, no answer was written, no line in the access log.
    return void setTimeout(() => request.socket.destroy(), 3 + Math.random() * 8)
  }
  if (path.startsWith('/api/photos/') && Number(request.headers['content-length']) > photoLimit) {
    if (isUploadDrained) return void request.on('end', () => response.writeHead(413).end())
    // The answer is right, but the connection goes while the body is still coming: the kernel sends RST for the rest.
    log(413)
    request.socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return void request.socket.destroy()
  }
  if (path.startsWith('/menus/')) return void setTimeout(() => menu(Number(path.split('/')[2]), request, response), 8)
  if (path.startsWith('/api/legacy/') && !isHeadTheServers) {
    return void setTimeout(() => {
      request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX Broken Header\r\n\r\nhello, world')
      log(200)
    }, 10)
  }
  setTimeout(answer, 4 + Math.random() * 26)
})
if (process.env.LAB_KEEP_ALIVE_MS) server.keepAliveTimeout = setting('LAB_KEEP_ALIVE_MS', 5000)
if (process.env.LAB_KEEP_ALIVE_MS) server.headersTimeout = server.keepAliveTimeout + 5000
const listen = () =>
  server.listen(setting('PORT', 8000), '0.0.0.0', () => console.log(`listening on ${process.env.PORT ?? 8000}`))
setTimeout(listen, setting('LAB_START_SECONDS', 0) * 1000)
