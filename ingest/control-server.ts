import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { Writable } from 'node:stream'

export interface ControlHandlers {
  /** A listener of the live feed. */
  feed(stream: Writable): void
  /** Tries a quarantined message again; `undefined`: there is none of that id. */
  retry(id: number): unknown
}

/** The local door of ingest: `GET /feed`, `POST /quarantine/{id}/retry`. */
export function createControlServer(handlers: ControlHandlers): Server {
  const server = createServer((request, response) => {
    const retried = /^\/quarantine\/(\d{1,15})\/retry$/.exec(request.url ?? '')?.[1]
    if (request.method === 'GET' && request.url === '/feed') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      handlers.feed(response)
    } else if (request.method === 'POST' && retried !== undefined) {
      const result = handlers.retry(Number(retried))
      response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(result ?? {}))
    } else response.writeHead(404).end()
  })
  // The feed stays open for weeks.
  server.requestTimeout = 0
  server.timeout = 0
  return server
}

/** Listens on a local socket, in the place of one that a dead process left behind. */
export function listenLocal(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}
