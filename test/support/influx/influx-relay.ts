import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

interface RunningHttp {
  url: string
  /** Requests so far, `METHOD /path`. */
  requests: string[]
  close(): Promise<void>
}

/** A server that answers as the test says. */
export async function startScriptedHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<RunningHttp> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${new URL(request.url ?? '/', 'http://here').pathname}`)
    answer(request, response)
  })
  return { url: await listen(server), requests, close: () => closeAll(server) }
}

/** Passes every request on, and counts them; with a prefix only those below it, as a proxy does. */
export async function startRelay(target: string, prefix = ''): Promise<RunningHttp> {
  return await startScriptedHttp((request, response) => {
    if (!request.url?.startsWith(`${prefix}/`)) return void response.writeHead(404).end('not here')
    pass(`${target}${request.url.slice(prefix.length)}`, request, response).catch(() => request.socket.destroy())
  })
}

async function pass(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const { authorization, 'content-type': type = 'text/plain' } = request.headers
  const answer = await fetch(url, {
    method: request.method ?? 'GET',
    headers: { 'content-type': type, ...(authorization && { authorization }) },
    ...(request.method === 'POST' && { body: Buffer.concat(chunks) }),
  })
  const body = await answer.text()
  response.statusCode = answer.status
  for (const name of ['content-type', 'x-influxdb-version']) {
    const field = answer.headers.get(name)
    if (field !== null) response.setHeader(name, field)
  }
  response.end(body)
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return `http://127.0.0.1:${address.port}`
}

async function closeAll(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
