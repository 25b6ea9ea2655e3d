import { inside } from '../aedes-inside.ts'
import type { FrameCutter } from '../inbound/frame-cutter.ts'
import type { ServePacket } from '../inbound/gate.ts'
import { packetTypes } from '../inbound/packet-check.ts'
import type { RateLimit } from '../inbound/rate-limit.ts'
import { readSubscribe, readUnsubscribe, subackOf } from '../inbound/subscribing.ts'
import { type Violation, violation } from '../inbound/violation.ts'
import type { ServiceHub } from './hub.ts'
import { patternOf } from './patterns.ts'
import type { Subscriber } from './subscriber.ts'

export interface ServePacketsParts {
  topicRoot: string
  subscriber: Subscriber
  hub: Pick<ServiceHub, 'resubscribed'>
  rateLimit: RateLimit
  /** What it subscribed to has changed. */
  subscribed: () => void
  /** Filters of one SUBSCRIBE that are looked at; what stands behind them is refused. */
  maxFilters: number
  /** Owes it the retained messages of these patterns. */
  owe: (patterns: Iterable<string>) => void
  denied: () => void
}

/** Answers that its socket has not taken, and their bytes; an honest client has a few under way. */
const maxUnread = 4096
const maxUnreadBytes = 256 * 1024
const refusedCode = 0x80
/** A change of what it subscribed to counts as so many bytes that were sent, some of the time that it takes: a flood waits. */
const bytesPerChange = 4096

/** The packets of a service: it subscribes, acknowledges, and says that it is there. Whatever else it sends ends its connection. */
export function servePackets(parts: ServePacketsParts): ServePacket {
  const { topicRoot, subscriber, hub, rateLimit, subscribed, maxFilters, owe, denied } = parts
  const { client } = subscriber
  let unread = 0
  let unreadBytes = 0

  function answer(bytes: Buffer): Violation | undefined {
    if (unread >= maxUnread || unreadBytes >= maxUnreadBytes) return violation('not-reading', 'answers are not read')
    unread += 1
    unreadBytes += bytes.length
    client.conn.write(bytes, () => {
      unread -= 1
      unreadBytes -= bytes.length
    })
    return undefined
  }

  function changing(work: () => void): void {
    rateLimit.spend(bytesPerChange)
    const before = subscriber.patterns
    work()
    if (subscriber.patterns === before) return
    rateLimit.spend(bytesPerChange)
    hub.resubscribed(subscriber, before)
    subscribed()
  }

  function subscribe(frame: FrameCutter): Violation | undefined {
    const { messageId, subscriptions } = readSubscribe(frame)
    const codes: number[] = []
    changing(() => {
      for (const { topic, qos } of subscriptions)
        codes.push((codes.length < maxFilters ? subscriber.subscribe(topic, qos) : undefined) ?? refusedCode)
    })
    if (codes.includes(refusedCode)) denied()
    const found = answer(subackOf(messageId, codes))
    if (found !== undefined) return found
    owe(subscriptions.flatMap(({ topic }, n) => (codes[n] === refusedCode ? [] : (patternOf(topicRoot, topic) ?? []))))
    return undefined
  }

  function unsubscribe(frame: FrameCutter): Violation | undefined {
    const { messageId, filters } = readUnsubscribe(frame)
    changing(() => {
      for (const filter of filters) subscriber.unsubscribe(filter)
    })
    return answer(Buffer.from([0xb0, 2, messageId >> 8, messageId & 255]))
  }

  return (type, frame) => {
    inside(client)._keepaliveTimer?.refresh()
    switch (type) {
      case packetTypes.puback:
        subscriber.acknowledged(frame.bytes.readUInt16BE(frame.body))
        return undefined
      case packetTypes.pingreq:
        return answer(Buffer.from([0xd0, 0]))
      case packetTypes.subscribe:
        return subscribe(frame)
      case packetTypes.unsubscribe:
        return unsubscribe(frame)
      case packetTypes.publish:
        return violation('publish-denied', 'a service publishes nothing')
      default:
        return violation('protocol-error', 'nothing of QoS 2 was sent to it')
    }
  }
}
