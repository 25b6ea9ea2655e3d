import type { Namespace, Socket } from 'socket.io'
import type { z } from 'zod'
import { displayReportSchema } from '../../contract/http/displays.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import type { DeviceChange, ServerToWall, WallToServer, WatchAnswer } from '../../contract/live.ts'
import { watchSchema } from '../../contract/live-schemas.ts'
import { createTokenBuckets } from '../../contract/token-buckets.ts'
import type { DisplayMonitor } from '../displays/monitor.ts'
import { problemOf } from '../http/problem.ts'
import type { City } from './city.ts'
import type { CityTexts } from './city-texts.ts'
import type { Admission } from './client-admission.ts'
import { mayUse } from './events.ts'
import { createWallFilter } from './filter.ts'
import { acknowledged, type Frame, type Tick } from './frames.ts'
import type { Wishes } from './slices.ts'
import { createWallClient, type WallClient } from './wall-client.ts'

export type NoEvents = Record<string, never>
export interface SocketData {
  admission: Admission
}
export type WallNamespace = Namespace<WallToServer, ServerToWall, NoEvents, SocketData>
export type WallConnection = Socket<WallToServer, ServerToWall, NoEvents, SocketData>

/** What a display says of itself. */
export function followDisplay(socket: WallConnection, monitor: DisplayMonitor): void {
  const { display, role } = socket.data.admission.caller
  if (display === undefined) return
  monitor.connected(display, socket.id)
  const alive = () => monitor.alive(display, socket.id)
  // An answer to a ping: a connection that is only left over gives none.
  socket.conn.on('heartbeat', alive)
  socket.on('disconnect', () => {
    socket.conn.off('heartbeat', alive)
    monitor.disconnected(display, socket.id)
  })
  if (!mayUse('report', role)) return
  socket.on('report', (said: unknown) => {
    const report = displayReportSchema.safeParse(said)
    if (report.success) monitor.reported(display, socket.id, report.data)
  })
}

/** Past so many characters a tick's changes are enough: a frame is quickly encoded, and does not fill a client's buffers. */
const maxTickChars = 500_000

export function createMeasure(texts: CityTexts): (change: DeviceChange) => boolean {
  let chars = 0
  return (change) => {
    chars += texts.ofChange(change).length
    return chars >= maxTickChars
  }
}

/** Past Socket.IO's own encoder, which would encode it for each socket. */
export function sendFrame({ conn }: WallConnection, frame: Frame, flushed?: () => void): void {
  // Only long polling needs the text, and what has become a WebSocket stays one.
  const text = conn.transport.name === 'polling' ? frame.text : ''
  const options = { compress: false, wsPreEncodedFrame: frame.webSocketFrame }
  conn.write(text, options, flushed)
}

interface ClientService {
  city: City
  latest: () => Tick
  now: () => number
  cut: (reason: string) => void
  wishes: Wishes<WallClient | WallConnection>
}

/** Answers to one client; whoever asks more often, and reads none of them, fills no buffer of ours. */
const answerPace = { perS: 2, burst: 20 }
/** Of what is wrong with one request. */
const maxTold = 5
const maxWords = 200

function watchProblem({ issues }: z.ZodError): WatchAnswer {
  const errors = issues
    .slice(0, maxTold)
    .map(({ path, message }) => ({ path: path.join('.').slice(0, maxWords), message: message.slice(0, maxWords) }))
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return problemOf(new Refusal('bad-request', detail, { errors }))
}

export function serveClient(socket: WallConnection, { city, latest, now, cut, wishes }: ClientService): WallClient {
  let asked = 0
  /** Who asks twice before the answer is there gets a second one when he may, however often he asks. */
  function wantSnapshot(): void {
    asked = Math.min(2, asked + 1)
    wishes.add(client, giveSnapshot, { giveWay: true })
  }
  function giveSnapshot(): void {
    const times = asked
    asked = 0
    for (let n = 0; n < times; n += 1) client.wantSnapshot()
  }
  const client = createWallClient({
    latest,
    now,
    cut,
    later: wantSnapshot,
    write: (frame, flushed) => sendFrame(socket, frame, flushed),
  })
  const onMessage = (message: unknown) => {
    const frame = acknowledged(message)
    if (frame !== undefined) client.acknowledged(frame)
  }
  socket.conn.on('message', onMessage)
  socket.on('disconnect', () => socket.conn.off('message', onMessage))
  const { role } = socket.data.admission.caller
  if (mayUse('resync', role)) socket.on('resync', wantSnapshot)
  if (mayUse('watch', role)) {
    const answers = createTokenBuckets({ ...answerPace, most: 1, now })
    socket.on('watch', (request: unknown, answer?: unknown) => {
      const asked = watchSchema.safeParse(request)
      if (asked.success) wishes.add(client, () => client.watch(createWallFilter(asked.data, city)))
      if (typeof answer !== 'function') return
      const bucket = answers.of('')
      if (bucket.tokens < 1) return
      bucket.tokens -= 1
      answer(asked.success ? { ok: true } : watchProblem(asked.error))
    })
  }
  wantSnapshot()
  return client
}
