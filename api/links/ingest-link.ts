import { request } from 'node:http'
import type { LiveFeed } from '../../contract/ports/feed.ts'
import type { IngestControl, RetryResult } from '../../contract/ports/pipeline.ts'
import { createLineReader } from './line-reader.ts'

const reconnectMs = 200
/** Ingest says how it is every second; one that says nothing for so long hangs, and is no longer there for us. */
const silentMs = 5000

/** Ingest over its local socket: the live feed, and the few things it can be asked to do. */
export function connectIngest(
  socketPath: string,
  { silentAfterMs = silentMs }: { silentAfterMs?: number } = {},
): { feed: LiveFeed; control: IngestControl } {
  return {
    feed: { subscribe: (listener) => follow(socketPath, silentAfterMs, listener) },
    control: { retry: (id) => retry(socketPath, id) },
  }
}

function follow(socketPath: string, silentAfterMs: number, listener: Parameters<LiveFeed['subscribe']>[0]): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let stop: () => void = () => undefined

  function connect(): void {
    const call = request({ socketPath, path: '/feed' })
    call.setTimeout(silentAfterMs, () => call.destroy())
    stop = () => call.destroy()
    const lines = createLineReader({
      line(line) {
        listener.line(line)
        // Until then the picture is partly of the time before: whoever asks is told that ingest is not there.
        if ('left' in line && line.left === 0) listener.connected(true)
      },
    })
    call.on('response', (response) => {
      lines.read(response)
      // Ingest went away in the middle.
      response.on('error', () => undefined)
    })
    call.on('error', () => undefined)
    call.on('close', () => {
      lines.stop()
      listener.connected(false)
      if (!stopped) timer = setTimeout(connect, reconnectMs)
    })
    call.end()
  }

  connect()
  return () => {
    stopped = true
    clearTimeout(timer)
    stop()
  }
}

async function retry(socketPath: string, id: number): Promise<RetryResult | undefined> {
  const { status, body } = await ask({ socketPath, path: `/quarantine/${id}/retry`, method: 'POST' })
  return status === 404 ? undefined : (JSON.parse(body) as RetryResult)
}

/** One question over a local socket, answered in time (two seconds when absent) or rejected. */
export function ask({
  body: sent,
  timeout = 2000,
  ...options
}: {
  socketPath: string
  path: string
  method: string
  body?: string
  /** ms */
  timeout?: number
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, timeout }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      // The other side died in the middle of its answer.
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', reject)
    call.end(sent)
  })
}
