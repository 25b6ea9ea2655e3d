import type { Random } from '../../../firmware-sim/random.ts'
import {
  connect,
  field,
  number,
  packet,
  publish,
  subscribe,
  type Text,
  unsubscribe,
} from '../../broker/conformance/bytes.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'

/**
 * MQTT packets of a peer that knows the protocol and means no good: right in form, right but for one field, or right and
 * then damaged byte by byte. Everything follows from `random`.
 */
export interface PacketMaker {
  /** Mostly a CONNECT that is let in. */
  first(): Buffer
  next(): Buffer
}

const pick = <Item>(random: Random, items: readonly Item[], fallback: Item): Item =>
  items[Math.floor(random() * items.length)] ?? fallback
const upTo = (random: Random, most: number) => Math.floor(random() * (most + 1))

const texts: readonly Text[] = [
  '',
  ' ',
  '/',
  '//',
  '+',
  '#',
  'a/#',
  '+/+',
  '#/a',
  'a+',
  '$SYS/#',
  '$SYS/broker/clients',
  '$share/group/#',
  '__proto__',
  'constructor',
  'binjai/v1/#',
  'binjai/v1/bus/+/command',
  'binjai/v1/bus/../telemetry',
  'binjai/v1/bus/hostile-1/telemetry/',
  'a\0b',
  'a\nb',
  '\u001b[2J',
  'é€😀',
  '\ufeff',
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xe2, 0x82]),
  'x'.repeat(129),
  'x'.repeat(65_535),
  '/'.repeat(300),
]
const payloads: readonly Text[] = [
  '',
  '{}',
  '[]',
  '{"speed_kmh":31.5}',
  '[{"speed_kmh":1},{"speed_kmh":2}]',
  '{"ts":"2026-11-21T08:00:00+07:00","lat":3.6,"lon":98.4}',
  '['.repeat(2000),
  'online',
  Buffer.from([0, 255, 0xc0]),
]
const qualities = [0x30, 0x32, 0x34, 0x36, 0x31, 0x3a, 0x3b, 0x3d, 0x38]
const acknowledgements = [0x40, 0x50, 0x62, 0x70, 0x60, 0x42, 0x90, 0xb0, 0x20, 0xd0]

/** Most connections are nearly right, or the first packet would end each and nothing behind it would be looked at. */
export function createPacketMaker(random: Random, device: TestDevice): PacketMaker {
  const wildness = random() ** 3
  const wild = (share: number) => random() < share * wildness
  const own = ['telemetry', 'status', 'event', 'command', 'command-result'].map((channel) =>
    device.topic.replace('telemetry', channel),
  )
  const text = () => (wild(0.6) ? pick(random, texts, '') : pick(random, own.slice(0, wild(1) ? 5 : 3), device.topic))
  const payload = () =>
    random() < 0.9 ? pick(random, payloads, '') : Buffer.alloc(upTo(random, 3000), upTo(random, 255))
  const identifier = () => (wild(0.3) ? 0 : pick(random, [1, 2, 3, 65_535, 1 + upTo(random, 65_534)], 1))

  function connecting(): Buffer {
    const right = { clientId: device.id, userName: device.id, password: device.key, clean: random() < 0.5 }
    if (random() < 0.7) return connect(right)
    return connect({
      ...right,
      ...(random() < 0.3 && { level: upTo(random, 6) }),
      ...(random() < 0.3 && { clientId: text() }),
      ...(random() < 0.2 && { userName: text() }),
      ...(random() < 0.2 && { password: payload() }),
      ...(random() < 0.3 && { keepalive: upTo(random, 65_535) }),
      ...(random() < 0.3 && { moreFlags: upTo(random, 255) }),
      ...(random() < 0.4 && {
        will: { topic: text(), message: payload(), qos: upTo(random, 3), retain: random() < 0.5 },
      }),
      ...(random() < 0.1 && { trailing: Buffer.alloc(upTo(random, 5)) }),
    })
  }

  const makers: readonly (() => Buffer)[] = [
    () => publish(text(), { first: 0x32, id: 1 + upTo(random, 65_534), payload: payload() }),
    () => {
      const first = pick(random, wild(1) ? qualities : qualities.slice(0, 3), 0x30)
      return publish(text(), { first, payload: payload(), ...((first & 6) !== 0 && { id: identifier() }) })
    },
    () =>
      subscribe(
        identifier(),
        filters().map((filter) => [filter, wild(0.5) ? 128 : upTo(random, 2)] as [Text, number]),
      ),
    () => unsubscribe(identifier(), filters()),
    () => packet(pick(random, acknowledgements.slice(0, wild(0.5) ? 10 : 4), 0x40), number(identifier())),
    () => packet(0xc0),
    () => (wild(0.3) ? packet(upTo(random, 255), Buffer.alloc(upTo(random, 20), upTo(random, 255))) : packet(0xc0)),
    () => packet(0x30, field(text())),
  ]
  const filters = () => Array.from({ length: wild(0.5) ? 0 : 1 + upTo(random, 3) }, text)

  return {
    first: () => (random() < 0.9 ? connecting() : damage(connecting(), random)),
    next() {
      if (wild(0.05)) return connecting()
      if (random() < 0.01) return packet(0xe0)
      const right = pick(random, makers, makers[0] ?? connecting)()
      return wild(0.3) ? damage(right, random) : right
    },
  }
}

/** One to three small changes anywhere. */
export function damage(bytes: Buffer, random: Random): Buffer {
  let found = Buffer.from(bytes)
  for (let changes = 1 + upTo(random, 2); changes > 0; changes -= 1) {
    const at = upTo(random, Math.max(0, Math.min(found.length, random() < 0.7 ? 12 : found.length) - 1))
    const head = found.subarray(0, at)
    const tail = found.subarray(at)
    const kinds: readonly (() => Buffer)[] = [
      () => Buffer.concat([head, Buffer.from([upTo(random, 255)]), tail.subarray(1)]),
      () => Buffer.concat([head, Buffer.from([(tail[0] ?? 0) ^ (1 << upTo(random, 7))]), tail.subarray(1)]),
      () => Buffer.concat([head, tail.subarray(1)]),
      () => Buffer.concat([head, Buffer.alloc(1 + upTo(random, 4), upTo(random, 255)), tail]),
      () => head,
      () => Buffer.concat([head, tail.subarray(0, 8), tail]),
    ]
    found = Buffer.from(pick(random, kinds, () => found)())
  }
  return found
}
