import { request } from 'node:http'
import { createInterface, type Interface } from 'node:readline'
import type { StateLine } from '../../contract/feed.ts'
import type { FollowStates } from '../../contract/ports/feed.ts'

const reconnectMs = 200
/** Ingest says each second how far it has read; one that says nothing for so long hangs. */
const silentAfterMs = 5000

/** Ingest's stream of states over its local socket. */
export function followStates(socketPath: string, listener: Parameters<FollowStates>[0]): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let stop: () => void = () => undefined

  function connect(): void {
    let lines: Interface | undefined
    const call = request({ socketPath, path: '/states' })
    call.setTimeout(silentAfterMs, () => call.destroy())
    stop = () => {
      lines?.close()
      call.destroy()
    }
    call.on('response', (response) => {
      // Ingest went away in the middle; the reader of lines tells it a second time, and would end the process.
      response.on('error', () => undefined)
      if (response.statusCode !== 200) return void response.resume()
      lines = createInterface({ input: response })
      lines.on('error', () => undefined)
      lines.on('line', (text) => {
        const line = stopped ? undefined : parseLine(text)
        if (line !== undefined) listener.line(line)
      })
      listener.connected(true)
    })
    call.on('error', () => undefined)
    call.on('close', () => {
      if (stopped) return
      listener.connected(false)
      timer = setTimeout(connect, reconnectMs)
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

/** `undefined` for what a process left behind that died while it wrote. */
function parseLine(text: string): StateLine | undefined {
  try {
    // Our own process wrote the line, in this shape.
    return JSON.parse(text) as StateLine
  } catch {
    return undefined
  }
}
