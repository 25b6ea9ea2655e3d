import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Aedes, Client } from 'aedes'
import { inside } from '../aedes-inside.ts'
import type { BrokerLimits } from '../options.ts'
import { speaksVersion31 } from './connect-check.ts'
import { createFrameCutter } from './frame-cutter.ts'
import { checkPacket, packetTypes } from './packet-check.ts'
import { readPublish } from './publish-packet.ts'
import type { RateLimit } from './rate-limit.ts'
import { readSubscribe, subscribe } from './subscribing.ts'
import { malformed, type Violation, violation } from './violation.ts'

/**
 * The gate reads the socket in Aedes' place. Aedes gets whole packets in which every byte was looked at, in an order
 * that its concurrent handlers cannot disturb, and no more of them than are answered.
 */
export interface Gate {
  client: Client
  /** From now on the connection reads no faster than this. */
  limitRate(rateLimit: RateLimit): void
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

/** Packets and bytes that one connection may have under way unanswered; then its socket is not read. */
const maxUnderWay = 512
const maxBytesUnderWay = 512 * 1024
/** Bytes read at once: by so much may a connection exceed its rate before it has to wait. */
const readBytes = 16 * 1024
/** A peer that closed its side is answered what it asked before, for at most this long. */
const answerAfterEndMs = 5000
const longestPingWaitMs = 1000
/** While a connection waits, its keepalive must not run out: it may have sent what we do not read. */
const longestWaitMs = 250

/** Hands the stream to Aedes, and takes over from its own reading before it has begun. */
export function openGate({ aedes, stream, request, limits, violated, slowed }: GateParts): Gate {
  const listenersBefore = stream.listenerCount('end')
  const client = aedes.handle(stream, request)
  const within = inside(client)
  const cutter = createFrameCutter(() => (phase === 'first' ? limits.connectBytes : limits.packetBytes))
  let phase: 'first' | 'connecting' | 'open' = 'first'
  /** The packet that was cut and has not gone on yet, or what is wrong with it. */
  let held = false
  let type = 0
  let isVersion31 = false
  let fault: Violation | undefined
  let underWay = 0
  let bytesUnderWay = 0
  /** The packet under way must be answered before any other is looked at. */
  let alone = false
  let peerEnded = false
  let stopped = false
  let stepping = false
  let starved = false
  /** The type that all packets under way have; 0: they have several. */
  let together = 0
  let pingSinceMs = 0
  let rateLimit: RateLimit | undefined
  let heardMs = performance.now()
  let wait: NodeJS.Timeout | undefined

  stream.removeListener('readable', within._nextBatch)
  stream.on('readable', step)
  // Aedes would close at once, with packets that came before the end still unanswered.
  const closeAtEnd = stream.listeners('end')[listenersBefore]
  // A listener is a function; the types call it `Function`.
  if (closeAtEnd !== undefined) stream.removeListener('end', closeAtEnd as () => void)
  stream.once('end', () => {
    peerEnded = true
    if (underWay > 0 || held) setTimeout(() => client.close(), answerAfterEndMs).unref()
    step()
  })
  stream.once('close', () => clearTimeout(wait))
  client.once('connected', () => {
    phase = 'open'
    step()
  })
  within._parsingBatch = 0
  within._nextBatch = handled
  // Aedes pauses its own reading with these; ours waits for `connected` instead.
  within.pause = () => undefined
  within.resume = () => undefined

  function handled(error?: Error | null): void {
    if (error) return void client.emit('error', error)
    underWay -= 1
    if (underWay === 0) {
      alone = false
      bytesUnderWay = 0
    }
    if (held || starved || underWay === 0) step()
  }

  /** Goes on as far as it may; a handler that answers at once comes back here, and is served by the loop. */
  function step(): void {
    if (stepping) return
    stepping = true
    try {
      while (advance());
    } catch (error) {
      stopped = true
      violated(client, violation('hook-failed', String(error)))
      stream.destroy()
    } finally {
      stepping = false
    }
  }

  function advance(): boolean {
    if (client.closed || stopped) return false
    if (!held && !cutNext()) return readMore()
    return fault === undefined ? passOn() : refuse(fault)
  }

  /** False: the bytes that were read make no whole packet. */
  function cutNext(): boolean {
    const cut = cutter.next()
    if (cut === 'more') return false
    fault = cut === 'frame' ? lookAt() : cut === 'malformed' ? tooLong : tooLarge
    held = true
    return true
  }

  function lookAt(): Violation | undefined {
    type = cutter.bytes.readUInt8(cutter.start) >> 4
    if ((type === packetTypes.connect) !== (phase === 'first')) return outOfTurn
    const found = checkPacket(cutter, limits, isVersion31)
    if (phase === 'first' && found === undefined) isVersion31 = speaksVersion31(cutter)
    return found
  }

  /** Ends the connection behind the answers to what came before. */
  function refuse(found: Violation): boolean {
    if (underWay > 0) return false
    stopped = true
    violated(client, found)
    if (found.connack === undefined) stream.destroy()
    else stream.end(Buffer.from([0x20, 2, 0, found.connack]), () => stream.destroy())
    return false
  }

  /**
   * PUBLISH packets are handled side by side; whatever else changes the connection waits for them, and they for it.
   * A PINGREQ keeps its turn too, but not for long, or a full disk would look like a dead broker. PUBRELs share a sync.
   */
  function passOn(): boolean {
    if (!mayPass()) return false
    const size = cutter.end - cutter.start
    held = false
    pingSinceMs = 0
    together = underWay === 0 || together === type ? type : 0
    underWay += 1
    bytesUnderWay += size
    rateLimit?.spend(size)
    if (type === packetTypes.publish) within._parser.emit('packet', readPublish(cutter))
    else if (type === packetTypes.subscribe) subscribe(client, readSubscribe(cutter), handled)
    else handToParser()
    return true
  }

  function mayPass(): boolean {
    if (phase === 'connecting') return false
    if (alone) return type === packetTypes.pubrel && together === type
    if (passesFreely.has(type)) return true
    if (type === packetTypes.pingreq) return pingMayPass()
    // Said is said, even if the socket goes before its turn comes.
    if (type === packetTypes.disconnect) within._disconnected = true
    alone = underWay === 0
    return alone
  }

  function pingMayPass(): boolean {
    if (underWay === 0 || together === type) return true
    if (pingSinceMs === 0) {
      pingSinceMs = performance.now()
      setTimeout(step, longestPingWaitMs).unref()
    }
    return performance.now() - pingSinceMs >= longestPingWaitMs
  }

  function handToParser(): void {
    if (type === packetTypes.connect) phase = 'connecting'
    within._parser.parse(cutter.bytes.subarray(cutter.start, cutter.end))
  }

  function readMore(): boolean {
    starved = underWay >= maxUnderWay || bytesUnderWay >= maxBytesUnderWay
    if (starved || mustWait()) return false
    const chunk: Buffer | null = stream.read(stream.readableLength > readBytes ? readBytes : undefined)
    if (chunk !== null) {
      heardMs = performance.now()
      cutter.push(chunk)
      return true
    }
    if (peerEnded && underWay === 0) client.close()
    return false
  }

  function mustWait(): boolean {
    if (wait !== undefined) return true
    const ms = rateLimit?.waitMs() ?? 0
    if (ms <= 0) return false
    slowed(client)
    waitFor(ms)
    return true
  }

  function waitFor(ms: number): void {
    wait = setTimeout(
      () => {
        within._keepaliveTimer?.refresh()
        const left = rateLimit?.waitMs() ?? 0
        if (left > 0) return waitFor(left)
        wait = undefined
        step()
      },
      Math.min(ms, longestWaitMs),
    )
  }

  return {
    client,
    limitRate(given) {
      rateLimit = given
    },
    heardMs: () => heardMs,
  }
}

const tooLarge = violation('packet-too-large', 'packet too large')
const tooLong = malformed('MQTT-2.2.3: remaining length')
const outOfTurn = malformed('MQTT-3.1.0-1, MQTT-3.1.0-2: CONNECT comes first, and once')
const passesFreely: ReadonlySet<number> = new Set([
  packetTypes.connect,
  packetTypes.publish,
  packetTypes.puback,
  packetTypes.pubrec,
  packetTypes.pubcomp,
])

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
