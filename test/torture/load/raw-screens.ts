import { WebSocket } from 'ws'

/** A wall screen that reads frames without understanding them: a thousand fit into one process. */
export interface RawScreen {
  /** ms from the connect to the last byte of its first snapshot. */
  firstDataMs(): number | undefined
  frames(): number
  /** Heartbeats that came. */
  beats(): number
  isOpen(): boolean
  say(event: string, ...data: unknown[]): void
  /** Reads nothing more, as a page in a frozen browser; the connection stays. */
  freeze(): void
  close(): void
}

const open = '0'
const ping = '2'
const pong = '3'
/** Engine.IO message, Socket.IO CONNECT of the wall's namespace. */
const joinWall = '40/wall,'
const snapshotStart = '42/wall,["snapshot"'
const beatStart = '42/wall,["heartbeat"'
const deltaPattern = /^42\/wall,(\d+)\["delta"/

export interface RawScreenOptions {
  http: number
  cookie: string
  /** Answers each delta, as a page does. */
  acknowledges: boolean
}

export function openRawScreen({ http, cookie, acknowledges }: RawScreenOptions): RawScreen {
  const startedMs = performance.now()
  const socket = new WebSocket(`ws://127.0.0.1:${http}/socket.io/?EIO=4&transport=websocket`, { headers: { cookie } })
  let firstMs: number | undefined
  let frames = 0
  let beats = 0
  socket.on('error', () => undefined)
  const delta = (number: string) => {
    frames += 1
    if (acknowledges) socket.send(`43/wall,${number}[]`)
  }
  socket.on('message', (data: Buffer) => {
    const head = data.subarray(0, 64).toString('latin1')
    if (head.startsWith(open)) return socket.send(joinWall)
    if (head === ping) return socket.send(pong)
    if (head.startsWith(beatStart)) beats += 1
    if (head.startsWith(snapshotStart)) firstMs ??= performance.now() - startedMs
    const number = deltaPattern.exec(head)?.[1]
    if (number !== undefined) delta(number)
  })
  return {
    firstDataMs: () => firstMs,
    frames: () => frames,
    beats: () => beats,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    say: (event, ...data) => socket.send(`42/wall,${JSON.stringify([event, ...data])}`),
    freeze: () => socket.pause(),
    close: () => socket.terminate(),
  }
}
