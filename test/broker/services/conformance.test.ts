import { once } from 'node:events'
import { connect as openTcp } from 'node:net'
import { expect, test } from 'vitest'
import { openDoor } from '../../support/broker/door.ts'
import { makeToken } from '../../support/broker/service.ts'
import {
  type ConnectParts,
  connack,
  connect,
  disconnect,
  hex,
  packet,
  pingreq,
  pingresp,
  puback,
  pubcomp,
  publish,
  pubrec,
  pubrel,
  suback,
  subscribe,
  unsuback,
  unsubscribe,
} from '../conformance/bytes.ts'
import { type Case, type Step, type Subject, subjectOf } from '../conformance/case.ts'
import { runCase } from '../conformance/run-case.ts'

interface ServiceSubject extends Subject {
  /** CONNECT of the service. */
  service(parts?: ConnectParts): Buffer
}

type ServiceCase = [name: string, steps: (subject: ServiceSubject) => Step[]]

const listening = (subject: ServiceSubject, filter = subject.telemetry, qos = 1): Step[] => [
  { send: subject.service() },
  { answer: connack() },
  { send: subscribe(1, [[filter, qos]]) },
  { answer: suback(1, Math.min(qos, 1)) },
]
const speaking = (subject: Subject, bytes: Buffer, answer: Buffer): Step[] => [
  { on: 'bus', send: subject.hello() },
  { on: 'bus', answer: connack() },
  { on: 'bus', send: bytes },
  { on: 'bus', answer },
]
const closesAfter = (name: string, bytes: (subject: ServiceSubject) => Buffer): ServiceCase => [
  name,
  (subject) => [{ send: subject.service() }, { answer: connack() }, { send: bytes(subject) }, { closed: true }],
]

const cases: ServiceCase[] = [
  [
    '[MQTT-3.2.2-1] session present is 0 for a clean session',
    (subject) => [{ send: subject.service() }, { answer: connack(0, 0) }, { open: true }],
  ],
  [
    '[MQTT-3.2.2-3] and 0 where a kept session is asked for: none is kept',
    (subject) => [
      ...listening(subject),
      { destroy: true },
      { on: 'b', send: subject.service({ clean: false }) },
      { on: 'b', answer: connack(0, 0) },
      { on: 'b', open: true },
    ],
  ],
  [
    '[MQTT-3.8.4-5] a return code for each filter, in their order; QoS 2 is granted as 1',
    (subject) => [
      { send: subject.service() },
      { answer: connack() },
      {
        send: subscribe(7, [
          [subject.telemetry, 0],
          ['#', 1],
          [subject.status, 2],
          [subject.command, 0],
        ]),
      },
      { answer: suback(7, 0, 0x80, 1, 0x80) },
    ],
  ],
  [
    '[MQTT-3.8.4-3] the same filter again replaces the subscription',
    (subject) => [
      ...listening(subject, undefined, 1),
      { send: subscribe(2, [[subject.telemetry, 0]]) },
      { answer: suback(2, 0) },
      ...speaking(subject, publish(subject.telemetry, { first: 0x32, id: 9 }), puback(9)),
      { answer: publish(subject.telemetry) },
    ],
  ],
  [
    '[MQTT-3.3.1-2], [MQTT-2.3.1-1] QoS 1 comes with a packet identifier, without DUP',
    (subject) => [
      ...listening(subject),
      ...speaking(subject, publish(subject.telemetry, { first: 0x32, id: 9 }), puback(9)),
      { answer: publish(subject.telemetry, { first: 0x32, id: 1 }) },
      { send: puback(1) },
      { open: true },
    ],
  ],
  [
    '[MQTT-3.3.1-9] a retained message is told without RETAIN to whoever was there',
    (subject) => [
      ...listening(subject, subject.status),
      ...speaking(subject, publish(subject.status, { first: 0x33, id: 9, payload: 'online' }), puback(9)),
      { answer: publish(subject.status, { first: 0x32, id: 1, payload: 'online' }) },
    ],
  ],
  [
    '[MQTT-3.3.1-6], [MQTT-3.3.1-8] and with RETAIN to whoever subscribes later, and again at each SUBSCRIBE',
    (subject) => [
      ...speaking(subject, publish(subject.status, { first: 0x33, id: 9, payload: 'online' }), puback(9)),
      ...listening(subject, subject.status),
      { answer: publish(subject.status, { first: 0x33, id: 1, payload: 'online' }) },
      { send: subscribe(2, [[subject.status, 0]]) },
      { answer: suback(2, 0) },
      { answer: publish(subject.status, { first: 0x31, payload: 'online' }) },
    ],
  ],
  [
    '[MQTT-3.3.5-2] the QoS is the lower one of message and subscription',
    (subject) => [
      ...listening(subject, undefined, 2),
      ...speaking(
        subject,
        Buffer.concat([publish(subject.telemetry), publish(subject.telemetry, { first: 0x34, id: 9 })]),
        pubrec(9),
      ),
      { answer: publish(subject.telemetry) },
      { answer: publish(subject.telemetry, { first: 0x32, id: 1 }) },
    ],
  ],
  [
    '[MQTT-3.10.4-1] nothing comes behind the UNSUBACK',
    (subject) => [
      ...listening(subject),
      { send: unsubscribe(5, [subject.telemetry]) },
      { answer: unsuback(5) },
      ...speaking(subject, publish(subject.telemetry, { first: 0x32, id: 9 }), puback(9)),
      { open: true },
    ],
  ],
  [
    '[MQTT-3.10.4-5] an UNSUBSCRIBE of nothing is answered too',
    (subject) => [
      { send: subject.service() },
      { answer: connack() },
      { send: unsubscribe(5, ['a/b']) },
      { answer: unsuback(5) },
    ],
  ],
  [
    '[MQTT-3.12.4-1] PINGREQ is answered',
    (subject) => [{ send: subject.service() }, { answer: connack() }, { send: pingreq }, { answer: pingresp }],
  ],
  [
    '[MQTT-3.14.4-1] DISCONNECT ends it',
    (subject) => [{ send: subject.service() }, { answer: connack() }, { send: disconnect }, { closed: true }],
  ],
  [
    '[MQTT-3.1.4-2] the same client id ends the connection before',
    (subject) => [
      { send: subject.service() },
      { answer: connack() },
      { on: 'b', send: subject.service() },
      { on: 'b', answer: connack() },
      { closed: true },
      { on: 'b', open: true },
    ],
  ],
  [
    '[MQTT-3.1.3-6] without a client id each is another',
    (subject) => [
      { send: subject.service({ clientId: '' }) },
      { answer: connack() },
      { on: 'b', send: subject.service({ clientId: '' }) },
      { on: 'b', answer: connack() },
      { open: true },
    ],
  ],
  [
    '[MQTT-3.1.2-22] packets of SUBSCRIBE and PUBACK that come byte by byte',
    (subject) => [
      { drip: subject.service() },
      { answer: connack() },
      { drip: subscribe(3, [[subject.telemetry, 1]]) },
      { answer: suback(3, 1) },
      { drip: puback(4711) },
      { open: true },
    ],
  ],
  [
    '[MQTT-3.1.4-5] what is sent with the CONNECT is answered behind it',
    (subject) => [
      { send: Buffer.concat([subject.service(), subscribe(1, [[subject.telemetry, 0]]), pingreq]) },
      { answer: Buffer.concat([connack(), suback(1, 0), pingresp]) },
    ],
  ],
  [
    '[MQTT-3.1.2-8] a Will is not taken',
    (subject) => [
      { send: subject.service({ will: { topic: subject.status } }) },
      { answer: connack(5) },
      { closed: true },
    ],
  ],
  ...([0x30, 0x32, 0x34] as const).map((first) =>
    closesAfter(`[MQTT-3.3.5-2] a PUBLISH of first byte ${first.toString(16)} ends it`, ({ telemetry }) =>
      publish(telemetry, { first, ...(first > 0x30 && { id: 1 }) }),
    ),
  ),
  [
    '[MQTT-3.3.5-2] a PUBLISH right behind the CONNECT ends it',
    (subject) => [
      { send: Buffer.concat([subject.service(), publish(subject.telemetry)]) },
      { answer: connack() },
      { closed: true },
    ],
  ],
  ...[pubrec(1), pubrel(1), pubcomp(1)].map((bytes, n) =>
    closesAfter(`[MQTT-4.3.3-1] packet ${n} of QoS 2 ends it: none was sent to it`, () => bytes),
  ),
  closesAfter('[MQTT-3.1.0-2] a second CONNECT ends it', (subject) => subject.service()),
  closesAfter('[MQTT-3.8.3-3] a SUBSCRIBE without filters ends it', () => packet(0x82, hex('00 01'))),
  closesAfter('[MQTT-4.7.1-2] a broken filter ends it', () => subscribe(1, [['binjai/v1/#/x', 0]])),
  closesAfter('[MQTT-3.8.3-4] QoS 3 ends it', ({ telemetry }) => subscribe(1, [[telemetry, 3]])),
  closesAfter('[MQTT-2.3.1-1] a PUBACK of 0 ends it', () => hex('40 02 00 00')),
  closesAfter('[MQTT-2.2.2-2] a SUBSCRIBE with other flags ends it', ({ telemetry }) =>
    subscribe(1, [[telemetry, 0]], 0x80),
  ),
  closesAfter('[MQTT-1.5.3-2] U+0000 in a filter ends it', () => subscribe(1, [['binjai/v1/\u0000', 0]])),
]

test('every byte-level case of a service passes', { timeout: 60_000 }, async () => {
  const door = await openDoor({ ingest: false })
  async function faultOf([name, steps]: ServiceCase, n: number): Promise<string[]> {
    const id = `bus-${n}`
    const device = subjectOf(id, await door.register(id, 'trans-binjai-bus'))
    const token = await makeToken(door, id, ['binjai/v1/bus/#'])
    const subject: ServiceSubject = {
      ...device,
      service: (parts = {}) => connect({ clientId: 'satu', userName: id, password: token, ...parts }),
    }
    const one: Case = { name, steps: () => steps(subject) }
    const fault = await runCase(one, subject, async () => {
      const socket = openTcp({ port: door.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
      await once(socket, 'connect')
      return socket
    })
    return fault === undefined ? [] : [`${name}: ${fault}`]
  }
  const faults = await Promise.all(cases.map(faultOf))
  expect(faults.flat()).toEqual([])
})
