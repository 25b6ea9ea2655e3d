import type { Client } from 'aedes'
import { inside } from '../aedes-inside.ts'
import type { FrameCutter } from './frame-cutter.ts'

interface Subscribe {
  messageId: number
  /** In the order of the packet; the same filter may stand in it several times. */
  subscriptions: { topic: string; qos: 0 | 1 | 2 }[]
}

/** A SUBSCRIBE that `checkPacket` has found right. */
export function readSubscribe({ bytes, body, end }: FrameCutter): Subscribe {
  const subscriptions: Subscribe['subscriptions'] = []
  for (let at = body + 2; at < end; ) {
    const filterEnd = at + 2 + bytes.readUInt16BE(at)
    const qos = bytes.readUInt8(filterEnd)
    subscriptions.push({ topic: bytes.toString('utf8', at + 2, filterEnd), qos: qos === 1 || qos === 2 ? qos : 0 })
    at = filterEnd + 1
  }
  return { messageId: bytes.readUInt16BE(body), subscriptions }
}

/** Filters of an UNSUBSCRIBE that `checkPacket` has found right. */
export function readUnsubscribe({ bytes, body, end }: FrameCutter): { messageId: number; filters: string[] } {
  const filters: string[] = []
  for (let at = body + 2; at < end; ) {
    const filterEnd = at + 2 + bytes.readUInt16BE(at)
    filters.push(bytes.toString('utf8', at + 2, filterEnd))
    at = filterEnd
  }
  return { messageId: bytes.readUInt16BE(body), filters }
}

const refused = 0x80

/**
 * Aedes takes equal filters of one SUBSCRIBE for one, and then answers with too few return codes. So it subscribes
 * without answering, and the SUBACK has a code for each filter, in order [MQTT-3.8.4-5], [MQTT-3.9.3-1].
 */
export function subscribe(
  client: Client,
  { messageId, subscriptions }: Subscribe,
  done: (error?: Error | null) => void,
): void {
  const within = inside(client)
  within._keepaliveTimer?.refresh()
  client.subscribe({ subscriptions: subscriptions.map((one) => ({ ...one })) }, (error) => {
    if (error) return done(error)
    const codes = subscriptions.map(({ topic, qos }) => (within.subscriptions[topic] === undefined ? refused : qos))
    if (client.conn.write(subackOf(messageId, codes))) done()
    else within.waitForDrain(done)
  })
}

export function subackOf(messageId: number, codes: readonly number[]): Buffer {
  return Buffer.from([0x90, ...remainingLength(2 + codes.length), messageId >> 8, messageId & 255, ...codes])
}

/** Section 2.2.3. A SUBSCRIBE of the most bytes that are taken has fewer than 2^21 filters. */
function remainingLength(length: number): number[] {
  if (length < 128) return [length]
  return [(length & 127) | 128, ...remainingLength(length >> 7)]
}
