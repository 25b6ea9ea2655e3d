import { connack, hex, packet, pingreq, pingresp, puback, publish, subscribe, unsubscribe } from './bytes.ts'
import { answers, type Case, closes, closesAtOnce, connected } from './case.ts'

/** Chapter 2: fixed header, remaining length, packet identifier. */

/** Types that a client never sends. */
const foreignTypes: [name: string, first: number][] = [
  ['0, reserved', 0x00],
  ['CONNACK', 0x20],
  ['SUBACK', 0x90],
  ['UNSUBACK', 0xb0],
  ['PINGRESP', 0xd0],
  ['15, reserved', 0xf0],
]

/** Types with fixed flags, the flags that are right, and a body that is. */
const fixedFlags: [name: string, type: number, right: number, body: Buffer][] = [
  ['PUBACK', 4, 0, hex('00 01')],
  ['PUBREC', 5, 0, hex('00 01')],
  ['PUBREL', 6, 2, hex('00 01')],
  ['PUBCOMP', 7, 0, hex('00 01')],
  ['SUBSCRIBE', 8, 2, hex('00 01 00 01 78 00')],
  ['UNSUBSCRIBE', 10, 2, hex('00 01 00 01 78')],
  ['PINGREQ', 12, 0, hex('')],
  ['DISCONNECT', 14, 0, hex('')],
]

const withIdentifier: [name: string, first: number, rest: Buffer][] = [
  ['PUBACK', 0x40, hex('')],
  ['PUBREC', 0x50, hex('')],
  ['PUBREL', 0x62, hex('')],
  ['PUBCOMP', 0x70, hex('')],
  ['SUBSCRIBE', 0x82, hex('00 01 78 00')],
  ['UNSUBSCRIBE', 0xa2, hex('00 01 78')],
]

const acknowledgements = withIdentifier.slice(0, 4)

export const headerCases: Case[] = [
  ...foreignTypes.flatMap(([name, first]) => [
    closes(`[MQTT-2.2.1] type ${name} from a client`, () => packet(first, hex('00 01'))),
    closesAtOnce(`[MQTT-3.1.0-1] type ${name} before CONNECT`, () => packet(first, hex('00 01'))),
  ]),
  ...fixedFlags.flatMap(([name, type, right, body]) =>
    [0, 1, 2, 4, 8, 15]
      .filter((flags) => flags !== right)
      .map((flags) =>
        closes(`[MQTT-2.2.2-2] ${name} with the flags ${flags}`, () => packet((type << 4) | flags, body)),
      ),
  ),
  ...[1, 2, 8].map((flags) =>
    closesAtOnce(`[MQTT-2.2.2-2] CONNECT with the flags ${flags}`, ({ hello }) => hello({ first: 0x10 | flags })),
  ),
  ...withIdentifier.map(([name, first, rest]) =>
    closes(`[MQTT-2.3.1-1] ${name} with the packet identifier 0`, () => packet(first, hex('00 00'), rest)),
  ),
  closes('[MQTT-2.3.1-1] PUBLISH of QoS 1 with the packet identifier 0', ({ telemetry }) =>
    publish(telemetry, { first: 0x32, id: 0 }),
  ),
  closes('[MQTT-2.3.1-1] PUBLISH of QoS 2 with the packet identifier 0', ({ telemetry }) =>
    publish(telemetry, { first: 0x34, id: 0 }),
  ),
  ...acknowledgements.flatMap(([name, first]) => [
    closes(`[MQTT-2.3.1] ${name} without a packet identifier`, () => packet(first)),
    closes(`[MQTT-2.3.1] ${name} with half a packet identifier`, () => packet(first, hex('01'))),
    closes(`[MQTT-2.3.1] ${name} with a byte behind its packet identifier`, () => packet(first, hex('00 01 00'))),
  ]),
  closes('[MQTT-2.2.3] a remaining length of five bytes', () => hex('c0 80 80 80 80 00')),
  closes('[MQTT-2.2.3] a remaining length of FF FF FF FF', () => hex('30 ff ff ff ff')),
  closesAtOnce('[MQTT-2.2.3] a remaining length of five bytes before CONNECT', () => hex('10 80 80 80 80 01')),
  closes('[MQTT-2.2.3] the longest remaining length, at its header', () => hex('30 ff ff ff 7f')),
  closesAtOnce('[MQTT-2.2.3] the longest remaining length before CONNECT, at its header', () => hex('10 ff ff ff 7f')),
  answers(
    '[MQTT-2.2.3] a remaining length in more bytes than it needs',
    () => hex('c0 80 00'),
    () => pingresp,
  ),
  answers(
    '[MQTT-2.2.3] a remaining length of two bytes',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 7, payload: `{"x":"${'a'.repeat(300)}"}` }),
    () => puback(7),
  ),
  answers(
    '[MQTT-2.2.3] a remaining length of three bytes',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 8, payload: `{"x":"${'a'.repeat(40_000)}"}` }),
    () => puback(8),
  ),
  answers(
    '[MQTT-2.3.1] the packet identifier 65535',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 65_535 }),
    () => puback(65_535),
  ),
  connected('[MQTT-2.1] packets that come byte by byte', ({ telemetry }) => [
    { drip: Buffer.concat([publish(telemetry, { first: 0x32, id: 1 }), pingreq]) },
    { answer: Buffer.concat([puback(1), pingresp]) },
    { open: true },
  ]),
  {
    name: '[MQTT-2.1] a CONNECT that comes byte by byte',
    steps: ({ hello }) => [{ drip: hello() }, { answer: connack() }, { open: true }],
  },
  {
    name: '[MQTT-2.1] CONNECT and what follows in one write',
    steps: ({ hello, telemetry }) => [
      { send: Buffer.concat([hello(), publish(telemetry, { first: 0x32, id: 1 }), pingreq]) },
      { answer: Buffer.concat([connack(), puback(1)]) },
      { answer: pingresp },
      { open: true },
    ],
  },
  connected('[MQTT-2.1] a hundred packets in one write', ({ telemetry }) => {
    const ids = Array.from({ length: 100 }, (_none, index) => index + 1)
    return [
      { send: Buffer.concat(ids.map((id) => publish(telemetry, { first: 0x32, id }))) },
      { answer: Buffer.concat(ids.map((id) => puback(id))) },
      { open: true },
    ]
  }),
  closes('[MQTT-2.3.1-1] SUBSCRIBE that ends in its packet identifier', () => packet(0x82, hex('00'))),
  closes('[MQTT-2.3.1-1] UNSUBSCRIBE that ends in its packet identifier', () => packet(0xa2, hex('00'))),
  closes('[MQTT-2.3.1-1] PUBLISH of QoS 1 that ends before its packet identifier', () => packet(0x32, hex('00 01 78'))),
  closes('[MQTT-2.2.2] SUBSCRIBE and UNSUBSCRIBE mixed up', () =>
    Buffer.concat([subscribe(1, [['x', 0]], 0xa2), unsubscribe(2, ['x'], 0x82)]),
  ),
]
