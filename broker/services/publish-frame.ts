/** A PUBLISH that several hear: its topic and payload as they stand in the packet, encoded once. */
export interface PublishFrame {
  /** Two bytes of length, the topic, the payload. A copy: what it was read from is not held by it. */
  bytes: Buffer
  topicEnd: number
  /** QoS of the message itself, at most 1: more is not granted to anybody who hears it. */
  qos: 0 | 1
}

/** One that goes to one subscriber. */
export interface Delivery {
  frame: PublishFrame
  qos: 0 | 1
  retain: boolean
}

/** @param qos of the message. */
export function publishFrame(topic: string, payload: Uint8Array, qos: number): PublishFrame {
  const topicBytes = Buffer.byteLength(topic)
  const topicEnd = 2 + topicBytes
  const bytes = Buffer.allocUnsafeSlow(topicEnd + payload.length)
  bytes.writeUInt16BE(topicBytes, 0)
  bytes.write(topic, 2)
  bytes.set(payload, topicEnd)
  return { bytes, topicEnd, qos: qos === 0 ? 0 : 1 }
}

/** Bytes of the whole packet, at most. */
export function packetBytes({ bytes }: PublishFrame): number {
  return maxHeaderBytes + bytes.length + 2
}

/** First byte, and at most four of remaining length (section 2.2). */
const maxHeaderBytes = 5

/** Writes the packet at an offset of `target`, where `packetBytes` fit; the offset behind it. @param id of QoS 1. */
export function writePacket(target: Buffer, start: number, { frame, qos, retain }: Delivery, id: number): number {
  const { bytes, topicEnd } = frame
  let at = start
  target[at++] = 0x30 | (qos << 1) | (retain ? 1 : 0)
  let length = bytes.length + (qos === 0 ? 0 : 2)
  while (length > 127) {
    target[at++] = (length & 127) | 128
    length >>= 7
  }
  target[at++] = length
  at += bytes.copy(target, at, 0, topicEnd)
  if (qos === 1) at = target.writeUInt16BE(id, at)
  return at + bytes.copy(target, at, topicEnd)
}
