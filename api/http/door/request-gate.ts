import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Lets the requests of one connection through one after the other. */
export interface RequestGate {
  /** Node has read the head of a request. */
  began(request: IncomingMessage, response: ServerResponse): void
  /** The connection becomes something else; gives back what was read behind the head. */
  release(): Buffer
  /** Its answer is not read fast enough, or never ends. */
  isOverdue(nowMs: number): boolean
}

export interface RequestGateParts {
  socket: Socket
  now: () => number
  /** A request brought more bytes than any may have; the connection has been ended. */
  tooLarge(): void
}

const headEnd = '\r\n\r\n'
const lastChunk = '0\r\n\r\n'
/** Pieces that are parsed before others have their turn. */
const maxPieces = 16
/** Of a request with its head; no route takes more than 400,000. */
const maxRequestBytes = 1_048_576
/** An answer that has ended must be read within this time, and at least this fast. */
const readWithinMs = 30_000
const minBytesPerMs = 16
/** However slowly it is made, an answer ends by then. */
const longestAnswerMs = 300_000
const nothing = Buffer.alloc(0)

interface Current {
  request: IncomingMessage
  response: ServerResponse
  beganMs: number
  bytesBefore: number
  /** Its answer has left. */
  answered: boolean
}

/**
 * Stands between a socket and Node's parser, which would parse and start all requests of a chunk at once: 64 KiB hold 1,500.
 * Gets hold of the bytes as any `data` listener does, gives the parser one head at a time, and reads on only when the answer
 * has left. Open it after Node's own `connection` listener.
 */
export function openRequestGate({ socket, now, tooLarge }: RequestGateParts): RequestGate {
  // Node's listeners: the only one for data there is now, and the last that was put on for the end.
  const [parse] = socket.listeners('data')
  const parseEnd = socket.listeners('end').at(-1)
  if (parse === undefined || parseEnd === undefined) throw new Error('this connection is not read by an HTTP server')
  let held: Buffer = nothing
  let current: Current | undefined
  /** Fed to the parser since the head of the current request. */
  let bytes = 0
  let paused = false
  let planned = false
  let ended = false

  const isWaiting = () => current?.request.complete === true && !current.answered
  const isBody = () => current !== undefined && !current.request.complete

  function pause(): void {
    paused = true
    socket.pause()
  }

  function readOn(): void {
    if (!paused) return
    paused = false
    socket.resume()
  }

  function later(): void {
    if (planned) return
    planned = true
    setImmediate(() => {
      planned = false
      feed()
    })
  }

  function feedPiece(): boolean {
    const size = isBody() ? bodyPieceSize(held, current?.request, bytes) : pieceSize(held, headEnd)
    const piece = held.subarray(0, size)
    held = held.subarray(size)
    bytes += size
    if (isBody() && bytes > maxRequestBytes) {
      tooLarge()
      socket.destroy()
      return false
    }
    parse?.call(socket, piece)
    return !socket.destroyed && socket.listeners('data').includes(processChunk)
  }

  /** As much as may be parsed now; false: the connection is no more, or is something else. */
  function feedPieces(): boolean {
    for (let pieces = 0; pieces < maxPieces && held.length > 0 && !isWaiting(); pieces += 1) {
      if (!feedPiece()) return false
    }
    return true
  }

  function feed(): void {
    if (socket.destroyed || !feedPieces()) return
    // While nothing is held it is read on, so that an end of the connection is noticed.
    if (held.length > 0) pause()
    else if (!ended) readOn()
    else if (!isWaiting()) parseEnd?.call(socket)
    if (held.length > 0 && !isWaiting()) later()
  }

  function processChunk(chunk: Buffer): void {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    if (isWaiting() || planned) pause()
    else feed()
  }

  /** Who has closed his side is answered first. */
  function processEnd(): void {
    ended = true
    if (!planned) feed()
  }

  // Node's own functions, as `listeners` gives them.
  socket.removeListener('data', parse as (chunk: Buffer) => void)
  socket.removeListener('end', parseEnd as () => void)
  socket.on('data', processChunk)
  socket.on('end', processEnd)

  return {
    began(request, response) {
      const one = { request, response, beganMs: now(), bytesBefore: socket.bytesWritten, answered: false }
      current = one
      bytes = 0
      response.once('close', () => {
        one.answered = true
        later()
      })
    },
    release() {
      socket.removeListener('data', processChunk)
      socket.removeListener('end', processEnd)
      const rest = held
      held = nothing
      return rest
    },
    isOverdue(nowMs) {
      if (current === undefined || current.answered) return false
      const { response, beganMs, bytesBefore } = current
      const ageMs = nowMs - beganMs
      if (ageMs > longestAnswerMs) return true
      const size = socket.bytesWritten - bytesBefore
      return response.writableEnded && ageMs > readWithinMs + size / minBytesPerMs
    },
  }
}

/** Of a body, what still belongs to it as far as one can tell. */
function bodyPieceSize(held: Buffer, request: IncomingMessage | undefined, bytes: number): number {
  const length = Number(request?.headers['content-length'])
  return Number.isNaN(length) ? pieceSize(held, lastChunk) : Math.min(held.length, Math.max(1, length - bytes))
}

function pieceSize(held: Buffer, mark: string): number {
  const at = held.indexOf(mark)
  return at === -1 ? held.length : at + mark.length
}
