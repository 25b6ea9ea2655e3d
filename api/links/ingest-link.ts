import { request } from 'node:http'
import { createInterface } from 'node:readline'
import type { FeedLine } from '../../contract/feed.ts'
import type { IngestControl, LiveFeed, RetryResult } from '../../contract/ports.ts'

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
    call.on('response', (response) => {
      listener.connected(true)
      const lines = createInterface({ input: response })
      lines.on('line', (text) => {
        const line = parseLine(text)
        if (line !== undefined) listener.line(line)
      })
      // Ingest went away in the middle; readline repeats the error of its input as its own.
      response.on('error', () => undefined)
      lines.on('error', () => undefined)
    })
    call.on('error', () => undefined)
    call.on('close', () => {
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

/** `undefined` for the half line that a process left behind when it died. */
function parseLine(text: string): FeedLine | undefined {
  try {
    // Our own process wrote the line, in this shape.
    return JSON.parse(text) as FeedLine
  } catch {
    return undefined
  }
}

async function retry(socketPath: string, id: number): Promise<RetryResult | undefined> {
  const { status, body } = await ask({ socketPath, path: `/quarantine/${id}/retry`, method: 'POST' })
  return status === 404 ? undefined : (JSON.parse(body) as RetryResult)
}

/** One question over a local socket, answered within two seconds or rejected. */
export function ask(options: {
  socketPath: string
  path: string
  method: string
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, timeout: 2000 }, (response) => {
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
    call.end()
  })
}
