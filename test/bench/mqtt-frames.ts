import mqttPacket from 'mqtt-packet'

/** A CONNECT of MQTT 3.1.1 with user name and password. */
export function connectFrame(who: { id: string; key: string; keepaliveS?: number; clean?: boolean }): Buffer {
  return mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: who.clean ?? true,
    clientId: who.id,
    keepalive: who.keepaliveS ?? 60,
    username: who.id,
    password: Buffer.from(who.key),
  })
}

/** A PUBLISH with QoS 1, by hand: an encoder would be the slowest part of a load. Topic and payload are ASCII. */
export function publishFrame(topic: string, packetId: number, payload: string): Buffer {
  const body = 2 + topic.length + 2 + payload.length
  const lengthBytes = body < 128 ? 1 : body < 16_384 ? 2 : 3
  const frame = Buffer.allocUnsafe(1 + lengthBytes + body)
  frame[0] = 0x32
  let left = body
  for (let n = 1; n <= lengthBytes; n += 1) {
    frame[n] = (left % 128) | (n < lengthBytes ? 128 : 0)
    left = Math.floor(left / 128)
  }
  let at = frame.writeUInt16BE(topic.length, 1 + lengthBytes)
  at += frame.write(topic, at, 'latin1')
  at = frame.writeUInt16BE(packetId, at)
  frame.write(payload, at, 'latin1')
  return frame
}
