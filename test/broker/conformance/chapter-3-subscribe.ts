import {
  connack,
  disconnect,
  field,
  hex,
  packet,
  pingreq,
  pingresp,
  puback,
  publish,
  suback,
  subscribe,
  unsuback,
  unsubscribe,
} from './bytes.ts'
import { answers, type Case, closes, connected } from './case.ts'

/** Sections 3.8 to 3.14, and 4.7 of topic filters. */

const wrongFilters = ['a#', 'a/b#', '#/a', 'a/#/b', '##', 'a+', '+a', 'a/b+/c', 'a/+b', '++', 'a/++']
const deniedFilters = ['#', '+', '+/+', '/#', 'binjai/v1/bus/+/command', '$SYS/#', '$share/group/a', 'a//b', '/']

/** Filters that stand in a SUBSCRIBE several times, own ones and others, and what is due to each. */
const equalFilters: [what: string, filters: (own: string) => [string, number][], codes: number[]][] = [
  ['own, other, own', (own) => [own, 'a', own].map((filter, n) => [filter, n]), [0, 0x80, 2]],
  ['other, own, other', (own) => ['a', own, 'a'].map((filter, n) => [filter, n]), [0x80, 1, 0x80]],
  ['own twice, the higher QoS first', (own) => [2, 0].map((qos) => [own, qos]), [2, 0]],
  ['own three times', (own) => [0, 1, 2].map((qos) => [own, qos]), [0, 1, 2]],
  ['other three times', () => [0, 1, 2].map((qos) => ['a/b', qos]), [0x80, 0x80, 0x80]],
]

export const subscribeCases: Case[] = [
  answers(
    '[MQTT-3.8.4-1] SUBSCRIBE is answered with SUBACK',
    ({ command }) => subscribe(10, [[command, 0]]),
    () => suback(10, 0),
  ),
  answers(
    '[MQTT-3.8.4-6] the QoS that was asked for is granted',
    ({ command }) => subscribe(11, [[command, 1]]),
    () => suback(11, 1),
  ),
  answers(
    '[MQTT-3.8.4-6] QoS 2 too',
    ({ command }) => subscribe(12, [[command, 2]]),
    () => suback(12, 2),
  ),
  answers(
    '[MQTT-3.8.4-3] a subscription that is made again',
    ({ command }) => Buffer.concat([subscribe(1, [[command, 0]]), subscribe(2, [[command, 1]])]),
    () => Buffer.concat([suback(1, 0), suback(2, 1)]),
  ),
  answers(
    '[MQTT-3.8.4-5] a return code for each filter, in their order',
    ({ command }) =>
      subscribe(13, [
        ['a', 0],
        [command, 1],
        ['b/#', 2],
      ]),
    () => suback(13, 0x80, 1, 0x80),
  ),
  ...equalFilters.map(([what, filters, codes]) =>
    answers(
      `[MQTT-3.9.3-1] a return code for each filter: ${what}`,
      ({ command }) => subscribe(13, filters(command)),
      () => suback(13, ...codes),
    ),
  ),
  answers(
    '[MQTT-3.8.4-5] 200 filters, the same two in turn',
    ({ command }) =>
      subscribe(
        13,
        Array.from({ length: 200 }, (_none, n): [string, number] => (n % 2 === 0 ? [command, n % 3] : ['a/b', n % 3])),
      ),
    () => suback(13, ...Array.from({ length: 200 }, (_none, n) => (n % 2 === 0 ? n % 3 : 0x80))),
  ),
  answers(
    '[MQTT-3.10.4-6] UNSUBSCRIBE of equal filters is answered once',
    ({ command }) => Buffer.concat([subscribe(1, [[command, 1]]), unsubscribe(2, [command, 'x', command])]),
    () => Buffer.concat([suback(1, 1), unsuback(2)]),
  ),
  ...deniedFilters.map((filter) =>
    answers(
      `[MQTT-3.9.3-2] the filter ${filter}, which is not its own, is refused with 80`,
      () => subscribe(14, [[filter, 1]]),
      () => suback(14, 0x80),
    ),
  ),
  ...wrongFilters.flatMap((filter) => [
    closes(`[MQTT-4.7.1] SUBSCRIBE with the filter ${filter}`, () => subscribe(1, [[filter, 0]])),
    closes(`[MQTT-4.7.1] UNSUBSCRIBE with the filter ${filter}`, () => unsubscribe(1, [filter])),
  ]),
  closes('[MQTT-4.7.3-1] SUBSCRIBE with an empty filter', () => subscribe(1, [['', 0]])),
  closes('[MQTT-4.7.3-1] UNSUBSCRIBE with an empty filter', () => unsubscribe(1, [''])),
  closes('[MQTT-3.8.3-3] SUBSCRIBE without a filter', () => packet(0x82, hex('00 01'))),
  closes('[MQTT-3.10.3-2] UNSUBSCRIBE without a filter', () => packet(0xa2, hex('00 01'))),
  closes('[MQTT-3.8.3] SUBSCRIBE with a filter without its QoS', () => packet(0x82, hex('00 01'), field('x'))),
  closes('[MQTT-3.8.3] SUBSCRIBE of which the second filter has no QoS', () =>
    packet(0x82, hex('00 01'), field('x'), hex('00'), field('y')),
  ),
  ...[3, 4, 8, 0x80, 0xff].map((qos) =>
    closes(`[MQTT-3.8.3-4] SUBSCRIBE with the options ${qos}`, ({ command }) => subscribe(1, [[command, qos]])),
  ),
  closes('[MQTT-3.8.3] half a filter behind the first', () => packet(0x82, hex('00 01'), field('x'), hex('00 00'))),
  answers(
    '[MQTT-3.10.4-4] UNSUBSCRIBE is answered with UNSUBACK',
    ({ command }) => unsubscribe(20, [command]),
    () => unsuback(20),
  ),
  answers(
    '[MQTT-3.10.4-5] also where there was no subscription',
    () => unsubscribe(21, ['a/b', '#']),
    () => unsuback(21),
  ),
  answers(
    '[MQTT-3.10.4-6] UNSUBSCRIBE of several filters',
    ({ command }) => Buffer.concat([subscribe(1, [[command, 1]]), unsubscribe(2, [command, 'x'])]),
    () => Buffer.concat([suback(1, 1), unsuback(2)]),
  ),
  closes('[MQTT-4.7.3-3] a filter of 65,535 bytes', () => subscribe(1, [['x'.repeat(65_535), 0]])),
  answers(
    '[MQTT-3.12.4-1] PINGREQ is answered with PINGRESP',
    () => pingreq,
    () => pingresp,
  ),
  answers(
    '[MQTT-3.12.4-1] each of three',
    () => Buffer.concat([pingreq, pingreq, pingreq]),
    () => Buffer.concat([pingresp, pingresp, pingresp]),
  ),
  closes('[MQTT-3.12] PINGREQ with a byte behind it', () => packet(0xc0, hex('00'))),
  closes('[MQTT-3.14] DISCONNECT with a byte behind it', () => packet(0xe0, hex('00'))),
  closes('[MQTT-3.14.4-1] DISCONNECT ends the connection', () => disconnect),
  connected('[MQTT-3.14.4-2] nothing behind DISCONNECT is answered', ({ telemetry }) => [
    { send: Buffer.concat([disconnect, publish(telemetry, { first: 0x32, id: 1 }), pingreq]) },
    { closed: true },
  ]),
  connected('[MQTT-4.6] answers keep the order of what they answer', ({ telemetry, command }) => [
    {
      send: Buffer.concat([
        publish(telemetry, { first: 0x32, id: 1 }),
        subscribe(2, [[command, 1]]),
        publish(telemetry, { first: 0x32, id: 3 }),
        unsubscribe(4, [command]),
        pingreq,
      ]),
    },
    { answer: Buffer.concat([puback(1), suback(2, 1), puback(3), unsuback(4), pingresp]) },
    { open: true },
  ]),
  connected('[MQTT-3.14.4-1] what came before DISCONNECT is answered', ({ telemetry }) => [
    { send: Buffer.concat([publish(telemetry, { first: 0x32, id: 1 }), disconnect]) },
    { answer: puback(1) },
    { closed: true },
  ]),
  connected('[MQTT-4.8.0-1] what came before a wrong packet is answered', ({ telemetry }) => [
    { send: Buffer.concat([publish(telemetry, { first: 0x32, id: 1 }), hex('00 00')]) },
    { answer: puback(1) },
    { closed: true },
  ]),
  {
    name: '[MQTT-4.2] a client that closes its side is answered first',
    steps: ({ hello, telemetry }) => [
      { send: Buffer.concat([hello(), publish(telemetry, { first: 0x32, id: 1 })]) },
      { end: true },
      { answer: Buffer.concat([connack(), puback(1)]) },
      { closed: true },
    ],
  },
]
