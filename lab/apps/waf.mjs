// A web ACL: says of every request's head whether it may pass. Blocks what scanners ask for.
import { createServer } from 'node:http'

const blocked = /\/wp-|\.\.\/|<script|union\s+select/i

const server = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk) => {
    text += chunk
  })
  request.on('end', () => {
    response.statusCode = blocked.test(JSON.parse(text).uri) ? 403 : 200
    response.end()
  })
})
server.listen(Number(process.env.PORT), '0.0.0.0', () => console.log('listening'))
