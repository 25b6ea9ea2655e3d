import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Aedes, Client } from 'aedes'
import { inside } from '../aedes-inside.ts'
import type { BrokerLimits } from '../options.ts'
import { speaksVersion31 } from './connect-check.ts'
import { createFrameCutter, type FrameCutter } from './frame-cutter.ts'
import { checkPacket, packetTypes } from './packet-check.ts'
import { readPublish } from './publish-packet.ts'
import type { RateLimit } from './rate-limit.ts'
import { createReadingPace } from './reading-pace.ts'
import { readSubscribe, subscribe } from './subscribing.ts'
import { createTurnOrder } from './turn-order.ts'
import { malformed, type Violation, violation } from './violation.ts'

/** Answers a packet of this type; a violation ends the connection. */
export type ServePacket = (type: number, frame: FrameCutter) => Violation | undefined

/**
 * The gate reads the socket in Aedes' place. Aedes gets whole packets in which every byte was looked at, in an order
 * that its concurrent handlers cannot disturb, and no more of them than are answered.
 */
export interface Gate {
  client: Client
  /** From now on the connection reads no faster than this. */
  limitRate(rateLimit: RateLimit): void
  /** From now on packets are answered by this in the place of Aedes; the connection ends with the violation that it finds. */
  serve(servePacket: ServePacket): void
  /** When something came from it last, on the clock of `performance.now()`. */
  heardMs(): number
}

export interface GateParts {
  aedes: Aedes
  stream: Duplex
  /** Of a WebSocket. */
  request: IncomingMessage | undefined
  limits: BrokerLimits
  /** The connection broke a rule and is about to end. */
  violated(client: Client, found: Violation): void
  /** The connection begins to wait because it sends too fast. */
  slowed(client: Client): void
}

/** Bytes read at once: by so much may a connection exceed its rate before it has to wait. */
const readBytes = 16 * 1024
/** A peer that closed its side is answered what it asked before, for at most this long. */
const answerAfterEndMs = 5000

/** Hands the stream to Aedes, and takes over from its own reading before it has begun. */
export function openGate({ aedes, stream, request, limits, violated, slowed }: GateParts): Gate {
  const client = handleUnread(aedes, stream, request, handled)
  const within = inside(client)
  let phase: 'first' | 'connecting' | 'open' = 'first'
  const packets = createPacketReader(limits, () => phase === 'first')
  const { cutter } = packets
  /** A packet was cut and has not gone on yet. */
  let held = false
  let peerEnded = false
  let stopped = false
  let starved = false
  let heardMs = performance.now()
  let served: ServePacket | undefined
  const step = createSteps(advance, (error) => {
    stopped = true
    violated(client, violation('hook-failed', String(error)))
    stream.destroy()
  })
  const order = createTurnOrder(step)
  const pace = createReadingPace({
    slowed: () => slowed(client),
    waiting: () => within._keepaliveTimer?.refresh(),
    goOn: step,
  })

  stream.on('readable', step)
  stream.once('end', () => {
    peerEnded = true
    if (!order.isIdle() || held) setTimeout(() => client.close(), answerAfterEndMs).unref()
    step()
  })
  stream.once('close', pace.stop)
  client.once('connected', () => {
    phase = 'open'
    step()
  })

  function handled(error?: Error | null): void {
    if (error) return void client.emit('error', error)
    order.ended()
    if (held || starved || order.isIdle()) step()
  }

  function advance(): boolean {
    if (client.closed || stopped) return false
    held ||= packets.next()
    if (!held) return readMore()
    return packets.fault === undefined ? passOn() : refuse(packets.fault)
  }

  /** Ends the connection behind the answers to what came before. */
  function refuse(found: Violation): boolean {
    if (!order.isIdle()) return false
    stopped = true
    violated(client, found)
    if (found.connack === undefined) stream.destroy()
    else stream.end(Buffer.from([0x20, 2, 0, found.connack]), () => stream.destroy())
    return false
  }

  function passOn(): boolean {
    const { type } = packets
    if (!mayPass(type)) return false
    const size = cutter.end - cutter.start
    held = false
    order.began(type, size)
    pace.spend(size)
    if (served !== undefined && type !== packetTypes.disconnect) return serve(served(type, cutter))
    if (type === packetTypes.publish) within._parser.emit('packet', readPublish(cutter))
    else if (type === packetTypes.subscribe) subscribe(client, readSubscribe(cutter), handled)
    else handToParser(type)
    return true
  }

  function serve(found: Violation | undefined): boolean {
    handled()
    packets.fault = found
    held = found !== undefined
    return found === undefined || refuse(found)
  }

  function mayPass(type: number): boolean {
    if (phase === 'connecting') return false
    // Said is said, even if the socket goes before its turn comes.
    if (type === packetTypes.disconnect && !order.isAlone()) within._disconnected = true
    return order.mayPass(type)
  }

  function handToParser(type: number): void {
    if (type === packetTypes.connect) phase = 'connecting'
    within._parser.parse(cutter.bytes.subarray(cutter.start, cutter.end))
  }

  function readMore(): boolean {
    starved = order.isFull()
    if (starved || pace.mustWait()) return false
    const chunk: Buffer | null = stream.read(stream.readableLength > readBytes ? readBytes : undefined)
    if (chunk !== null) {
      heardMs = performance.now()
      cutter.push(chunk)
      return true
    }
    if (peerEnded && order.isIdle()) client.close()
    return false
  }

  return {
    client,
    limitRate: pace.limitRate,
    serve(servePacket) {
      served = servePacket
    },
    heardMs: () => heardMs,
  }
}

/** Cuts packets out of the bytes that were read, and looks at every byte of them. */
function createPacketReader(limits: BrokerLimits, isFirst: () => boolean) {
  const cutter = createFrameCutter(() => (isFirst() ? limits.connectBytes : limits.packetBytes))
  let isVersion31 = false

  function inspect(): Violation | undefined {
    reader.type = cutter.bytes.readUInt8(cutter.start) >> 4
    if ((reader.type === packetTypes.connect) !== isFirst()) return outOfTurn
    const found = checkPacket(cutter, limits, isVersion31)
    if (isFirst() && found === undefined) isVersion31 = speaksVersion31(cutter)
    return found
  }

  const reader = {
    cutter,
    /** Of the packet that was cut last, and what is wrong with it. */
    type: 0,
    fault: undefined as Violation | undefined,
    /** False: the bytes that were read make no whole packet. */
    next(): boolean {
      const cut = cutter.next()
      if (cut === 'more') return false
      reader.fault = cut === 'frame' ? inspect() : cut === 'malformed' ? tooLong : tooLarge
      return true
    },
  }
  return reader
}

/** Hands a stream to Aedes, and ends its own reading before it has begun. */
function handleUnread(
  aedes: Aedes,
  stream: Duplex,
  request: IncomingMessage | undefined,
  handled: (error?: Error | null) => void,
): Client {
  const listenersBefore = stream.listenerCount('end')
  const client = aedes.handle(stream, request)
  const within = inside(client)
  stream.removeListener('readable', within._nextBatch)
  // Aedes would close at once, with packets that came before the end still unanswered.
  const closeAtEnd = stream.listeners('end')[listenersBefore]
  // A listener is a function; the types call it `Function`.
  if (closeAtEnd !== undefined) stream.removeListener('end', closeAtEnd as () => void)
  within._parsingBatch = 0
  within._nextBatch = handled
  // Aedes pauses its own reading with these; ours waits for `connected` instead.
  within.pause = () => undefined
  within.resume = () => undefined
  return client
}

/** Goes on as far as `advance` may; a handler that answers at once comes back here, and is served by the loop. */
function createSteps(advance: () => boolean, failed: (error: unknown) => void): () => void {
  let stepping = false
  return () => {
    if (stepping) return
    stepping = true
    try {
      while (advance());
    } catch (error) {
      failed(error)
    } finally {
      stepping = false
    }
  }
}

const tooLarge = violation('packet-too-large', 'packet too large')
const tooLong = malformed('MQTT-2.2.3: remaining length')
const outOfTurn = malformed('MQTT-3.1.0-1, MQTT-3.1.0-2: CONNECT comes first, and once')
/** Answers that a client may leave unread, bytes; an honest one has a few acknowledgements of 4 bytes under way. */
const maxUnreadBytes = 256 * 1024

/**
 * A socket that does not drain must not hold up Aedes' one queue for all (its default waits 60 s for it), and one that
 * is sent to and never read must not fill the memory.
 */
export function neverWaitForDrain(client: Client, refused: (reason: 'not-reading') => void): void {
  inside(client).waitForDrain = (callback) => {
    if (client.conn.writableLength > maxUnreadBytes && !client.conn.destroyed) {
      refused('not-reading')
      client.conn.destroy()
    }
    setImmediate(callback, null, client)
  }
}
