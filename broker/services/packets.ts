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
  /** Owes it the retained messages of a pattern. Returns how many devices were looked at. */
  owe: (pattern: string) => number
  denied: () => void
}

/** Answers that its socket has not taken; an honest client has a few under way. */
const maxUnread = 4096
const refusedCode = 0x80
/**
 * What a packet makes us do counts as so many bytes that were sent, so that a flood of SUBSCRIBE waits: changing the
 * subscriptions, and each device that was looked at for a retained message.
 */
const bytesPerChange = 2048
const bytesPerLook = 4

/** The packets of a service: it subscribes, acknowledges, and says that it is there. Whatever else it sends ends its connection. */
export function servePackets(parts: ServePacketsParts): ServePacket {
  const { topicRoot, subscriber, hub, rateLimit, subscribed, owe, denied } = parts
  const { client } = subscriber
  let unread = 0

  function answer(bytes: Buffer): Violation | undefined {
    if (unread >= maxUnread) return violation('not-reading', 'answers are not read')
    unread += 1
    client.conn.write(bytes, () => {
      unread -= 1
    })
    return undefined
  }

  function changing(work: () => void): void {
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
      for (const { topic, qos } of subscriptions) codes.push(subscriber.subscribe(topic, qos) ?? refusedCode)
    })
    if (codes.includes(refusedCode)) denied()
    const found = answer(subackOf(messageId, codes))
    if (found !== undefined) return found
    for (const [n, { topic }] of subscriptions.entries()) {
      const pattern = codes[n] === refusedCode ? undefined : patternOf(topicRoot, topic)
      if (pattern !== undefined) rateLimit.spend(owe(pattern) * bytesPerLook)
    }
    subscriber.flush()
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
