import {
  connack,
  disconnect,
  field,
  number,
  packet,
  pingresp,
  puback,
  pubcomp,
  publish,
  pubrec,
  suback,
  subscribe,
  unsuback,
  unsubscribe,
} from './bytes.ts'
import { type Case, closes, closesAtOnce, greets, type Step, type Subject } from './case.ts'

/** What MQTT 3.1 says otherwise than 3.1.1; the names begin with the statements that do not hold for it. */

const old = { name: 'MQIsdp', level: 3 } as const

/** Connected by version 3.1 first; then these steps. */
function connected(name: string, steps: (subject: Subject) => Step[]): Case {
  return { name, steps: (subject) => [{ send: subject.hello(old) }, { answer: connack() }, ...steps(subject)] }
}

/** With the lowest and with the highest of the flags, and with all. */
const flags = [1, 8, 15]

/** DUP, QoS and RETAIN are not used in most packets; a packet that is acknowledged has QoS 1, and may be sent again. */
const flagCases: Case[] = [
  ...flags.flatMap((unused) => [
    greets(
      `[MQTT-2.2.2-2] version 3.1: CONNECT with the flags ${unused}`,
      ({ hello }) => hello({ ...old, first: 0x10 | unused }),
      0,
    ),
    connected(`[MQTT-2.2.2-2] version 3.1: PINGREQ with the flags ${unused}`, () => [
      { send: packet(0xc0 | unused) },
      { answer: pingresp },
    ]),
    connected(`[MQTT-2.2.2-2] version 3.1: DISCONNECT with the flags ${unused}`, () => [
      { send: packet(0xe0 | unused) },
      { closed: true },
    ]),
    ...[0x40, 0x50, 0x70].map((type) =>
      connected(`[MQTT-2.2.2-2] version 3.1: acknowledgement ${(type | unused).toString(16)}`, () => [
        { send: packet(type | unused, number(7)) },
        ...(type === 0x50 ? [{ answer: packet(0x62, number(7)) }] : []),
        { open: true },
      ]),
    ),
  ]),
  ...[0x3, 0xa, 0xb].flatMap((again) => [
    connected(`[MQTT-3.8.1-1] version 3.1: SUBSCRIBE with the flags ${again}`, ({ command }) => [
      { send: subscribe(1, [[command, 1]], 0x80 | again) },
      { answer: suback(1, 1) },
      { open: true },
    ]),
    connected(`[MQTT-3.10.1-1] version 3.1: UNSUBSCRIBE with the flags ${again}`, ({ command }) => [
      { send: unsubscribe(1, [command], 0xa0 | again) },
      { answer: unsuback(1) },
      { open: true },
    ]),
    connected(`[MQTT-3.6.1-1] version 3.1: PUBREL with the flags ${again}`, ({ telemetry }) => [
      { send: publish(telemetry, { first: 0x34, id: 7 }) },
      { answer: pubrec(7) },
      { send: packet(0x60 | again, number(7)) },
      { answer: pubcomp(7) },
      { open: true },
    ]),
  ]),
  ...[0x0, 0x4, 0x6, 0x8].flatMap((other) => [
    connected(`[MQTT-3.8.1-1] version 3.1: SUBSCRIBE of another QoS, flags ${other}`, ({ command }) => [
      { send: subscribe(1, [[command, 1]], 0x80 | other) },
      { closed: true },
    ]),
    connected(`[MQTT-3.10.1-1] version 3.1: UNSUBSCRIBE of another QoS, flags ${other}`, ({ command }) => [
      { send: unsubscribe(1, [command], 0xa0 | other) },
      { closed: true },
    ]),
    connected(`[MQTT-3.6.1-1] version 3.1: PUBREL of another QoS, flags ${other}`, () => [
      { send: packet(0x60 | other, number(7)) },
      { closed: true },
    ]),
  ]),
  connected('[MQTT-3.3.1-2] version 3.1: DUP says nothing with QoS 0', ({ telemetry }) => [
    { send: publish(telemetry, { first: 0x38 }) },
    { open: true },
  ]),
  ...[0x3a, 0x3b].map((first) =>
    connected(`[MQTT-3.3.1-1] version 3.1: PUBLISH sent again as ${first.toString(16)}`, ({ telemetry }) => [
      { send: publish(telemetry, { first, id: 7 }) },
      { answer: puback(7) },
      { open: true },
    ]),
  ),
  closes('[MQTT-3.8.1-1] SUBSCRIBE with DUP, by a client of 3.1.1', ({ command }) =>
    subscribe(1, [[command, 1]], 0x8a),
  ),
]

/** The remaining length says whether user name and password are there. */
const missingCases: Case[] = [
  greets(
    '[MQTT-3.1.2-19] version 3.1: user name and password are announced, and missing',
    ({ hello }) => hello({ ...old, userName: undefined, password: undefined, moreFlags: 0xc0 }),
    4,
  ),
  greets(
    '[MQTT-3.1.2-21] version 3.1: a password is announced, and missing',
    ({ hello }) => hello({ ...old, password: undefined, moreFlags: 0x40 }),
    4,
  ),
  greets(
    '[MQTT-3.1.2-19] version 3.1: a user name is announced behind a Will, and missing',
    ({ hello, status }) =>
      hello({ ...old, will: { topic: status }, userName: undefined, password: undefined, moreFlags: 0x80 }),
    4,
  ),
  closesAtOnce('[MQTT-3.1.2-20] version 3.1: a password that is not announced', ({ hello, key }) =>
    hello({ ...old, password: undefined, trailing: field(key) }),
  ),
  closesAtOnce('[MQTT-3.1.3-1] version 3.1: half of a user name', ({ hello }) =>
    hello({ ...old, userName: undefined, password: undefined, moreFlags: 0x80, trailing: number(9) }),
  ),
]

export const version31Cases: Case[] = [
  ...flagCases,
  ...missingCases,
  greets('[MQTT-3.1.2-1] version 3.1, with its name and level', ({ hello }) => hello(old), 0),
  greets(
    '[MQTT-3.1.2-2] the name of 3.1 with the level of 3.1.1',
    ({ hello }) => hello({ name: 'MQIsdp', level: 4 }),
    1,
  ),
  greets('[MQTT-3.1.2-3] version 3.1: the unused flag may be set', ({ hello }) => hello({ ...old, moreFlags: 1 }), 0),
  ...[0x08, 0x10, 0x18, 0x20, 0x39].map((moreFlags) =>
    greets(
      `[MQTT-3.1.2-11] version 3.1: the flags ${moreFlags.toString(16)} say nothing without a Will`,
      ({ hello }) => hello({ ...old, moreFlags }),
      0,
    ),
  ),
  greets('[MQTT-3.1.3-6] version 3.1: no client id', ({ hello }) => hello({ ...old, clientId: '' }), 2),
  greets(
    '[MQTT-3.1.3-8] version 3.1: no client id, and a session to keep',
    ({ hello }) => hello({ ...old, clientId: '', clean: false }),
    2,
  ),
  greets('[MQTT-3.1.4] version 3.1: a wrong password', ({ hello }) => hello({ ...old, password: 'wrong' }), 4),
  closesAtOnce('[MQTT-3.1.2-14] version 3.1: QoS 3 of a Will', ({ hello, status }) =>
    hello({ ...old, will: { topic: status, qos: 3 } }),
  ),
  {
    name: '[MQTT-3.2.2-2] version 3.1: a kept session goes on, and CONNACK does not speak of it',
    steps: ({ hello, command }) => [
      { send: hello({ ...old, clean: false }) },
      { answer: connack(0, 0) },
      { send: subscribe(1, [[command, 1]]) },
      { answer: suback(1, 1) },
      { send: disconnect },
      { closed: true },
      { on: 'b', send: hello({ ...old, clean: false }) },
      { on: 'b', answer: connack(0, 0) },
      { on: 'b', send: disconnect },
      { on: 'b', closed: true },
      { on: 'c', send: hello({ clean: false }) },
      { on: 'c', answer: connack(0, 1) },
    ],
  },
  closes('[MQTT-2.2.2-2] a second CONNECT, of version 3.1', ({ hello }) => hello(old)),
]
