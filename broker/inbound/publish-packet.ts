import type { FrameCutter } from './frame-cutter.ts'

/** A PUBLISH as mqtt-packet would read it: same fields in the same order, so that Aedes sees one shape. */
export interface PublishRead {
  cmd: 'publish'
  retain: boolean
  qos: number
  dup: boolean
  length: number
  topic: string
  payload: Buffer
  messageId?: number
}

/**
 * Nearly all packets are these, and `checkPacket` has found their fields already; reading them here saves a second pass
 * through a general parser. The payload is a view of the bytes that were read from the socket.
 */
export function readPublish({ bytes, start, body, end }: FrameCutter): PublishRead {
  const first = bytes[start] ?? 0
  const qos = (first >> 1) & 3
  const topicEnd = body + 2 + bytes.readUInt16BE(body)
  const payloadAt = qos === 0 ? topicEnd : topicEnd + 2
  const packet: PublishRead = {
    cmd: 'publish',
    retain: (first & 1) !== 0,
    qos,
    dup: (first & 8) !== 0,
    length: end - body,
    topic: bytes.toString('utf8', body + 2, topicEnd),
    payload: bytes.subarray(payloadAt, end),
  }
  if (qos > 0) packet.messageId = bytes.readUInt16BE(topicEnd)
  return packet
}
