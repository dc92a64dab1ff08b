// An identity provider as far as OpenID Connect's authorization code flow needs one: everybody is let in.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const codes = new Set()
const tokens = new Set()

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://idp')
  let body = ''
  for await (const chunk of request) body += chunk
  const answer = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  if (url.pathname === '/authorize') {
    if (!URL.canParse(url.searchParams.get('redirect_uri') ?? '')) return answer(400, { error: 'invalid_request' })
    const code = randomBytes(12).toString('hex')
    codes.add(code)
    const back = new URL(url.searchParams.get('redirect_uri'))
    back.searchParams.set('code', code)
    back.searchParams.set('state', url.searchParams.get('state'))
    response.writeHead(302, { location: String(back) })
    return void response.end()
  }
  if (url.pathname === '/token') {
    // A code is good for one token.
    if (!codes.delete(new URLSearchParams(body).get('code'))) return answer(400, { error: 'invalid_grant' })
    const token = randomBytes(16).toString('hex')
    tokens.add(token)
    return answer(200, { access_token: token, token_type: 'Bearer', expires_in: 300 })
  }
  if (url.pathname === '/userinfo') {
    const token = request.headers.authorization?.replace('Bearer ', '')
    return tokens.has(token) ? answer(200, { sub: 'customer' }) : answer(401, { error: 'invalid_token' })
  }
  answer(404, {})
})
server.listen(Number(process.env.PORT), '0.0.0.0', () => console.log('listening'))
