import type { NameBook } from '../../contract/metric-names.ts'
import type { Reading, RejectReason } from '../../contract/reading.ts'
import type { DeviceTopic, Kind } from '../../contract/topics.ts'

/** The parts of a topic: whose message it is, and the channel that takes it (`uplinkChannels`). */
export interface Address extends Omit<DeviceTopic, 'kind'> {
  /** Present: the device must be registered as of this kind. Absent: its kind is the registry's. */
  kind?: Kind
}

/** One message of a device, with its topic taken apart. */
export interface FormatMessage extends DeviceTopic {
  topic: string
  payload: Uint8Array
  /** Our clock when the message was accepted, ms. */
  receivedAtMs: number
}

export interface FormatContext {
  /** Told of each part that is not a reading. `part` is the element of an array, absent for the whole message. */
  refuse: (reason: RejectReason, detail: string, part?: unknown) => void
  /** Told of a key that was left out because it is no number, or of a key's earlier values where it stands more than once. */
  ignored: (key: string, times?: number) => void
  /** Names of metrics that the device has used before. */
  names: NameBook
}

/**
 * A language that devices speak: topics of its own, and payloads that become readings. A foreign format is a file of
 * this folder that exports one, and its line in `formats` (`index.ts`). It renames what it finds to names of the
 * dictionary, and lets `parseReading` (`flat-reading.ts`) judge values, times and positions.
 *
 * @example
 * ```ts
 * export const plugs: Format = {
 *   name: 'plugs',
 *   address(topic) {
 *     const [prefix, deviceId, word, ...rest] = topic.split('/')
 *     if (prefix !== 'tele' || deviceId === undefined || rest.length > 0) return undefined
 *     return word === 'SENSOR' ? { deviceId, channel: 'telemetry' } : undefined
 *   },
 *   parse(message, context) {
 *     const json = parseJson(message.payload)
 *     const reading = json.ok ? parseReading(renamed(json.value), message, context) : json
 *     if (reading.ok) return [reading.value]
 *     context.refuse(reading.reason, reading.detail)
 *     return []
 *   },
 * }
 * ```
 */
export interface Format {
  name: string
  /**
   * Takes a topic apart. `undefined`: it is none of this format, and the next one is asked. Answers to the topic alone:
   * the parts of a topic are remembered. `root` is the first level of native topics.
   */
  address(topic: string, root: string): Address | undefined
  /**
   * Takes a payload apart, once. Never throws, and keeps nothing between two messages.
   *
   * The smallest part is judged by itself: a value that says nothing usable goes to `setAside` of its reading; an element
   * of an array that is no reading is told to `context.refuse` with its part; the whole message is refused, once and
   * without a part, only where nothing of it can be read. Each reading is returned or refused, never both. A message of
   * which nothing is returned and nothing refused rightly says nothing, and counts as stored.
   *
   * Channel `telemetry` takes measurements and positions of the readings, `status` takes `status` of the first one,
   * `event` and `command-result` take its `event`.
   */
  parse(message: FormatMessage, context: FormatContext): Reading[]
}
