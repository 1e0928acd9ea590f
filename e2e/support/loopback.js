// A native app's listener: RFC 8252 §7.3, a port that the system chose.
import { once } from 'node:events'
import { createServer } from 'node:http'

export async function listenLoopback() {
  const answers = []
  const server = createServer((request, response) => {
    const url = new URL(request.url, redirectUri)
    if (url.pathname !== '/callback') return response.writeHead(404).end()
    let body = ''
    request.on('data', (data) => (body += data))
    request.on('end', () => {
      answers.push({ method: request.method, url, form: new URLSearchParams(body) })
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Back at the app</title>')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const redirectUri = `http://127.0.0.1:${server.address().port}/callback`
  return {
    redirectUri,
    /** The answer that the browser brought: method, address, form. */
    answer: () => answers.shift(),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
