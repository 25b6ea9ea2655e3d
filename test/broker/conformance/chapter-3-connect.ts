import {
  connack,
  connect,
  disconnect,
  field,
  hex,
  packet,
  pingreq,
  puback,
  publish,
  suback,
  subscribe,
} from './bytes.ts'
import { type Case, closes, closesAtOnce, connected, greets, type Step } from './case.ts'

/** Section 3.1 and 3.2: CONNECT and CONNACK. */

const levels = [0, 1, 2, 3, 5, 6, 127, 128, 131, 132, 255]
const names = ['', 'mqtt', 'MQTTT', 'MQT', 'HTTP', 'MQIsdq', 'MQTT\0']

/** The parts of a CONNECT, so that it can be cut off behind each. */
const cuts: [behind: string, bytes: string][] = [
  ['nothing', ''],
  ['half the length of its name', '00'],
  ['its name', '00 04 4d 51 54 54'],
  ['its level', '00 04 4d 51 54 54 04'],
  ['its flags', '00 04 4d 51 54 54 04 02'],
  ['half its keepalive', '00 04 4d 51 54 54 04 02 00'],
  ['its keepalive', '00 04 4d 51 54 54 04 02 00 3c'],
  ['the length of its client id', '00 04 4d 51 54 54 04 02 00 3c 00 05'],
]

/** Will flag, QoS and retain in the flags without the fields they announce. */
const header = (flags: number) => Buffer.concat([field('MQTT'), Buffer.from([4, flags]), hex('00 3c')])

/** Every Will that may be. */
const wills = [0, 1, 2].flatMap((qos) => [false, true].map((retain) => ({ qos, retain })))

/** How the connection before ended, and whether its session is there for the next one. */
const ends: [name: string, step: Step, clean: boolean, present: 0 | 1][] = [
  ['DISCONNECT of a kept session', { send: disconnect }, false, 1],
  ['DISCONNECT of a clean session', { send: disconnect }, true, 0],
  ['the break of a kept session', { destroy: true }, false, 1],
  ['the break of a clean session', { destroy: true }, true, 0],
  ['a kept session that broke a rule', { send: hex('00 00') }, false, 1],
]

export const connectCases: Case[] = [
  greets('[MQTT-3.2.2-4] a CONNECT that is right', ({ hello }) => hello(), 0),
  ...levels.map((level) => greets(`[MQTT-3.1.2-2] protocol level ${level}`, ({ hello }) => hello({ level }), 1)),
  greets(
    '[MQTT-3.1.2-2] protocol level 5 in the form of MQTT 5',
    ({ id, key }) => packet(0x10, field('MQTT'), hex('05 c2 00 3c 00'), field(id), field(id), field(key)),
    1,
  ),
  ...names.map((name) =>
    closesAtOnce(`[MQTT-3.1.2-1] protocol name ${JSON.stringify(name)}`, ({ hello }) => hello({ name })),
  ),
  ...cuts.map(([behind, bytes]) =>
    closesAtOnce(`[MQTT-3.1.2] CONNECT that ends behind ${behind}`, () => packet(0x10, hex(bytes))),
  ),
  closesAtOnce('[MQTT-3.1.0-1] PUBLISH before CONNECT', ({ telemetry }) => publish(telemetry)),
  closesAtOnce('[MQTT-3.1.0-1] PINGREQ before CONNECT', () => pingreq),
  closesAtOnce('[MQTT-3.1.0-1] DISCONNECT before CONNECT', () => disconnect),
  closesAtOnce('[MQTT-3.1.0-1] SUBSCRIBE before CONNECT', () => packet(0x82, hex('00 01 00 01 78 00'))),
  closesAtOnce('[MQTT-3.1.0-1] UNSUBSCRIBE before CONNECT', () => packet(0xa2, hex('00 01 00 01 78'))),
  closesAtOnce('[MQTT-3.1.0-1] PUBREL before CONNECT', () => packet(0x62, hex('00 01'))),
  closes('[MQTT-3.1.0-2] a second CONNECT', ({ hello }) => hello()),
  {
    name: '[MQTT-3.1.0-2] a second CONNECT in the same write',
    steps: ({ hello }) => [{ send: Buffer.concat([hello(), hello()]) }, { answer: connack() }, { closed: true }],
  },
  closesAtOnce('[MQTT-3.1.2-3] the reserved flag', ({ hello }) => hello({ moreFlags: 1 })),
  closesAtOnce('[MQTT-3.1.2-11] Will QoS 1 without a Will', ({ hello }) => hello({ moreFlags: 8 })),
  closesAtOnce('[MQTT-3.1.2-13] Will QoS 2 without a Will', ({ hello }) => hello({ moreFlags: 16 })),
  closesAtOnce('[MQTT-3.1.2-15] Will retain without a Will', ({ hello }) => hello({ moreFlags: 32 })),
  closesAtOnce('[MQTT-3.1.2-14] Will QoS 3', ({ hello, status }) => hello({ will: { topic: status, qos: 3 } })),
  closesAtOnce('[MQTT-3.1.2-9] a Will flag without Will topic and message', () =>
    packet(0x10, header(0x06), field('x')),
  ),
  closesAtOnce('[MQTT-3.1.2-9] a Will without a message', () =>
    packet(0x10, header(0x06), field('x'), field('binjai/v1/bus/x/status')),
  ),
  closesAtOnce('[MQTT-3.1.2-19] a user name flag without a user name', () => packet(0x10, header(0x82), field('x'))),
  closesAtOnce('[MQTT-3.1.2-21] a password flag without a password', () =>
    packet(0x10, header(0xc2), field('x'), field('x')),
  ),
  closesAtOnce('[MQTT-3.1.2-22] a password without a user name', ({ key }) =>
    connect({ clientId: 'x', password: key }),
  ),
  closesAtOnce('[MQTT-3.1.2-18] a user name without its flag', () =>
    packet(0x10, header(0x02), field('x'), field('x')),
  ),
  closesAtOnce('[MQTT-3.1.3-1] a byte behind the last field', ({ hello }) => hello({ trailing: hex('00') })),
  closesAtOnce('[MQTT-3.1.3-1] another packet inside the first', ({ hello }) => hello({ trailing: hex('c0 00') })),
  closesAtOnce('[MQTT-4.7.3-1] an empty Will topic', ({ hello }) => hello({ will: { topic: '' } })),
  closesAtOnce('[MQTT-3.3.2-2] a + in a Will topic', ({ hello }) => hello({ will: { topic: 'a/+' } })),
  closesAtOnce('[MQTT-3.3.2-2] a # in a Will topic', ({ hello }) => hello({ will: { topic: 'a/#' } })),
  greets('[MQTT-3.1.3-8] no client id, and a session to keep', ({ hello }) => hello({ clientId: '', clean: false }), 2),
  greets('[MQTT-3.1.3-6] no client id, and no session', ({ hello }) => hello({ clientId: '' }), 0),
  greets(
    '[MQTT-3.1.3-5] a client id of 23 letters and digits',
    ({ hello }) => hello({ clientId: '0123456789abcXYZabcdefg' }),
    0,
  ),
  greets('[MQTT-3.1.3-5] a client id of one letter', ({ hello }) => hello({ clientId: 'A' }), 0),
  greets('[MQTT-3.1.3-9] a client id of 200 bytes', ({ hello }) => hello({ clientId: 'x'.repeat(200) }), 2),
  greets('[MQTT-3.1.4-2] a wrong password', ({ hello }) => hello({ password: 'wrong' }), 4),
  greets('[MQTT-3.1.4-2] an empty password', ({ hello }) => hello({ password: '' }), 4),
  greets('[MQTT-3.1.4-2] a password of bytes that are no text', ({ hello }) => hello({ password: hex('00 ff c0') }), 4),
  greets('[MQTT-3.1.4-2] an unknown user name', ({ hello }) => hello({ userName: 'nobody-here' }), 4),
  greets('[MQTT-3.1.4-2] a user name of a part of every object', ({ hello }) => hello({ userName: '__proto__' }), 4),
  greets('[MQTT-3.1.4-2] neither user name nor password', () => connect({ clientId: 'x' }), 4),
  greets('[MQTT-3.1.4-2] a user name without a password', ({ id }) => connect({ clientId: 'x', userName: id }), 4),
  greets(
    '[MQTT-3.1.4] a Will on the topic of another device',
    ({ hello }) => hello({ will: { topic: 'binjai/v1/bus/another-bus/status' } }),
    5,
  ),
  greets('[MQTT-3.1.4] a Will on $SYS', ({ hello }) => hello({ will: { topic: '$SYS/broker' } }), 5),
  greets(
    '[MQTT-3.1.2-16] a Will that is retained',
    ({ hello, status }) => hello({ will: { topic: status, qos: 1, retain: true } }),
    0,
  ),
  greets(
    '[MQTT-3.1.3] a Will without a byte in its message',
    ({ hello, status }) => hello({ will: { topic: status, message: '' } }),
    0,
  ),
  greets('[MQTT-3.1.2-23] keepalive 0', ({ hello }) => hello({ keepalive: 0 }), 0),
  greets('[MQTT-3.1.2-23] keepalive 65535', ({ hello }) => hello({ keepalive: 65_535 }), 0),
  {
    name: '[MQTT-3.2.2-1] no session is present after CONNECT with clean session',
    steps: ({ hello }) => [
      { send: hello({ clean: false }) },
      { answer: connack(0, 0) },
      { send: disconnect },
      { closed: true },
      { on: 'b', send: hello({ clean: true }) },
      { on: 'b', answer: connack(0, 0) },
      { on: 'b', send: disconnect },
      { on: 'b', closed: true },
      { on: 'c', send: hello({ clean: false }) },
      { on: 'c', answer: connack(0, 0) },
    ],
  },
  {
    name: '[MQTT-3.2.2-2] a kept session is present, also without subscriptions',
    steps: ({ hello }) => [
      { send: hello({ clean: false }) },
      { answer: connack(0, 0) },
      { send: disconnect },
      { closed: true },
      { on: 'b', send: hello({ clean: false }) },
      { on: 'b', answer: connack(0, 1) },
      { on: 'b', open: true },
    ],
  },
  {
    name: '[MQTT-3.2.2-2] a session is kept when its connection breaks',
    steps: ({ hello }) => [
      { send: hello({ clean: false }) },
      { answer: connack(0, 0) },
      { destroy: true },
      { on: 'b', send: hello({ clean: false }) },
      { on: 'b', answer: connack(0, 1) },
    ],
  },
  {
    name: '[MQTT-3.1.2-4] another client id has another session',
    steps: ({ hello }) => [
      { send: hello({ clean: false, clientId: 'one' }) },
      { answer: connack(0, 0) },
      { send: disconnect },
      { closed: true },
      { on: 'b', send: hello({ clean: false, clientId: 'two' }) },
      { on: 'b', answer: connack(0, 0) },
    ],
  },
  {
    name: '[MQTT-3.2.2-4] no session is present where the CONNECT is refused',
    steps: ({ hello }) => [
      { send: hello({ clean: false }) },
      { answer: connack(0, 0) },
      { on: 'b', send: hello({ clean: false, password: 'wrong' }) },
      { on: 'b', answer: connack(4, 0) },
      { on: 'b', closed: true },
      { open: true },
    ],
  },
  {
    name: '[MQTT-3.1.4-2] the newer connection of a client ends the older one',
    steps: ({ hello }) => [
      { send: hello() },
      { answer: connack() },
      { on: 'b', send: hello() },
      { on: 'b', answer: connack() },
      { closed: true },
      { on: 'b', open: true },
    ],
  },
  ...wills.map(({ qos, retain }) =>
    greets(
      `[MQTT-3.1.2-9] a Will of QoS ${qos}, retained: ${retain}`,
      ({ hello, status }) => hello({ will: { topic: status, qos, retain } }),
      0,
    ),
  ),
  ...ends.map(
    ([name, step, clean, present]): Case => ({
      name: `[MQTT-3.2.2-2] session present is ${present} behind ${name}`,
      steps: ({ hello, command }) => [
        { send: hello({ clean }) },
        { answer: connack() },
        { send: subscribe(1, [[command, 1]]) },
        { answer: suback(1, 1) },
        step,
        ...('send' in step ? [{ closed: true } as const] : []),
        { on: 'b', send: hello({ clean: false }) },
        { on: 'b', answer: connack(0, present) },
        { on: 'b', open: true },
      ],
    }),
  ),
  {
    name: '[MQTT-3.1.4-2] a session goes on while its connection is taken over',
    steps: ({ hello, telemetry }) => [
      { send: hello({ clean: false }) },
      { answer: connack() },
      { on: 'b', send: hello({ clean: false }) },
      { on: 'b', answer: connack(0, 1) },
      { closed: true },
      { on: 'b', send: publish(telemetry, { first: 0x32, id: 1 }) },
      { on: 'b', answer: puback(1) },
    ],
  },
  connected('[MQTT-3.1.2-24] a connection that is used stays', () => [{ open: true }, { open: true }]),
]
