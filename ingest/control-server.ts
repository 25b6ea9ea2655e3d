import { rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'

export interface ControlHandlers {
  /** A listener of the live feed. */
  feed(stream: Writable): void
  /** A listener of the states of devices. */
  states(stream: Writable): void
  /** Tries a quarantined message again; `undefined`: there is none of that id. */
  retry(id: number): unknown
}

/** The local door of ingest: `GET /feed` and `GET /states`, `POST /quarantine/{id}/retry`. */
export function createControlServer(handlers: ControlHandlers): Server {
  const streams: Partial<Record<string, (stream: Writable) => void>> = {
    '/feed': handlers.feed,
    '/states': handlers.states,
  }

  function retry(id: number, response: ServerResponse): void {
    const result = handlers.retry(id)
    response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(result ?? {}))
  }

  const server = createServer(({ method, url = '' }, response) => {
    const retried = /^\/quarantine\/(\d{1,15})\/retry$/.exec(url)?.[1]
    const stream = method === 'GET' ? streams[url] : undefined
    if (stream !== undefined) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      stream(response)
    } else if (method === 'POST' && retried !== undefined) retry(Number(retried), response)
    else response.writeHead(404).end()
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
