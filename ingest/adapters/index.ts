import type { NameBook } from '../../contract/metric-names.ts'
import type { Reading } from '../../contract/reading.ts'
import type { Address, Format, FormatContext } from './format.ts'
import { native } from './native.ts'

/** All formats that are spoken here. The first one that knows a topic has its messages. */
const formats: readonly Format[] = [native]

/** A topic taken apart, with the format that knows it. */
export interface FormatAddress extends Address {
  format: Format
}

/** `undefined`: the topic is of no format. */
export function addressOf(topic: string, root: string): FormatAddress | undefined {
  for (const format of formats) {
    const address = format.address(topic, root)
    if (address !== undefined) return { ...address, format }
  }
  return undefined
}

export interface NormalizeContext extends Partial<FormatContext> {
  topicRoot: string
  /** Our clock at the door, ms; now when absent. */
  receivedAt?: number
}

/**
 * What a message says of which devices at which moments, without a registry and a store. Pure; never throws. `[]` with
 * a call of `refuse` for what is not a reading.
 */
export function normalize(topic: string, payload: Uint8Array, context: NormalizeContext): Reading[] {
  const { topicRoot, receivedAt: receivedAtMs = Date.now(), refuse = nothing, ignored = nothing } = context
  const address = addressOf(topic, topicRoot)
  if (address === undefined) {
    refuse('unknown-topic', 'the topic is none that is listened to')
    return []
  }
  const { format, kind = 'sensor', deviceId, channel } = address
  const message = { topic, payload, receivedAtMs, deviceId, kind, channel }
  return format.parse(message, { refuse, ignored, names: context.names ?? newNameBook() })
}

/** A book without names, which remembers none. */
export function newNameBook(): NameBook {
  return { owners: {}, changed: nothing, isUsed: () => false }
}

function nothing(): void {
  // Nobody wants to know.
}
