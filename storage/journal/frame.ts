import { Buffer } from 'node:buffer'
import type { JournalEntry } from '../../contract/ports/journal.ts'

/**
 * Layout of one entry inside a journal batch, little-endian:
 * u32 bytes that follow · u8 flags · f64 receivedAtMs · u16 readings · u8 principal bytes · u16 topic bytes ·
 * u16 packet identifier, where a flag says so · principal · topic · payload.
 */
const fixedBytes = 4 + 1 + 8 + 2 + 1 + 2

const qosBits = 0b11
const dupBit = 0b100
const linkBit = 0b1000
const canaryBit = 0b10000
/** These three are not set in entries of the first version, which had no packet identifiers. */
const idBit = 0b100000
const releaseBit = 0b1000000
const willBit = 0b10000000
/** All bits are taken: a reading by hand is what no other entry is, and what an earlier release passes over. */
const manualBits = canaryBit | linkBit
const typeBits = { message: 0, link: linkBit, release: releaseBit, canary: canaryBit, manual: manualBits } as const
const idBytes = 2

/** Bytes that `writeFrame` will need. */
export function frameBytes(entry: JournalEntry): number {
  const texts = Buffer.byteLength(entry.principal) + Buffer.byteLength(entry.topic)
  return fixedBytes + (hasId(entry) ? idBytes : 0) + texts + entry.payload.byteLength
}

/** Writes one entry at `at`; returns the offset behind it. The caller has made room for `frameBytes(entry)`. */
export function writeFrame(buffer: Buffer, at: number, entry: JournalEntry): number {
  const withId = hasId(entry)
  const textAt = at + fixedBytes + (withId ? idBytes : 0)
  const principalBytes = buffer.write(entry.principal, textAt)
  const topicBytes = buffer.write(entry.topic, textAt + principalBytes)
  const payloadAt = textAt + principalBytes + topicBytes
  buffer.set(entry.payload, payloadAt)
  const end = payloadAt + entry.payload.byteLength
  buffer.writeUInt32LE(end - at - 4, at)
  buffer[at + 4] = flagsOf(entry)
  buffer.writeDoubleLE(entry.receivedAtMs, at + 5)
  buffer.writeUInt16LE(entry.readings, at + 13)
  buffer[at + 15] = principalBytes
  buffer.writeUInt16LE(topicBytes, at + 16)
  if (withId) buffer.writeUInt16LE(entry.packetId ?? 0, at + fixedBytes)
  return end
}

function hasId({ packetId }: JournalEntry): boolean {
  return packetId !== undefined && packetId > 0
}

function flagsOf(entry: JournalEntry): number {
  const more = (entry.dup ? dupBit : 0) | (hasId(entry) ? idBit : 0) | (entry.will === true ? willBit : 0)
  return entry.qos | more | typeBits[entry.type]
}

/** Reads all entries of a batch body. Payloads are views on `body`. Throws RangeError where lengths do not fit. */
export function readFrames(body: Uint8Array): JournalEntry[] {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const entries: JournalEntry[] = []
  let at = 0
  while (at < buffer.length) {
    const end = at + 4 + buffer.readUInt32LE(at)
    const flags = buffer.readUInt8(at + 4)
    const withId = (flags & idBit) !== 0
    const textAt = at + fixedBytes + (withId ? idBytes : 0)
    const topicAt = textAt + buffer.readUInt8(at + 15)
    const payloadAt = topicAt + buffer.readUInt16LE(at + 16)
    if (end > buffer.length || payloadAt > end) throw new RangeError('journal batch: an entry is longer than its batch')
    entries.push({
      receivedAtMs: buffer.readDoubleLE(at + 5),
      type: toType(flags),
      principal: buffer.toString('utf8', textAt, topicAt),
      topic: buffer.toString('utf8', topicAt, payloadAt),
      payload: buffer.subarray(payloadAt, end),
      qos: toQos(flags & qosBits),
      dup: (flags & dupBit) !== 0,
      packetId: withId ? buffer.readUInt16LE(at + fixedBytes) : undefined,
      will: (flags & willBit) !== 0 || undefined,
      readings: buffer.readUInt16LE(at + 13),
    })
    at = end
  }
  return entries
}

function toType(flags: number): JournalEntry['type'] {
  if ((flags & manualBits) === manualBits) return 'manual'
  if ((flags & canaryBit) !== 0) return 'canary'
  if ((flags & releaseBit) !== 0) return 'release'
  return (flags & linkBit) === 0 ? 'message' : 'link'
}

function toQos(bits: number): 0 | 1 | 2 {
  if (bits === 1) return 1
  return bits === 2 ? 2 : 0
}
