import { connack, field, hex, packet, puback, pubcomp, publish, pubrec, pubrel } from './bytes.ts'
import { answers, type Case, closes, connected } from './case.ts'

/** Sections 3.3 to 3.7: PUBLISH and its acknowledgements; section 4.3 of the quality of service. */

const wildcards = ['+', '#', 'a/+', 'a/#', 'a/+/b', 'binjai/v1/bus/+/telemetry', 'x#', 'x+', '/+', '$SYS/#']
const foreign = [
  'binjai/v1/bus/another-bus/telemetry',
  'binjai/v1/bus',
  'city/telemetry',
  '/',
  '//',
  ' ',
  '$SYS/broker',
  '$share/a/b',
  'a/../b',
]

const twenty = Array.from({ length: 20 }, (_none, n) => n + 1)

export const publishCases: Case[] = [
  connected('[MQTT-4.3.1] QoS 0 is not answered', ({ telemetry }) => [{ send: publish(telemetry) }, { open: true }]),
  answers(
    '[MQTT-4.3.2-2] QoS 1 is answered with PUBACK',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 1 }),
    () => puback(1),
  ),
  answers(
    '[MQTT-3.3.1-1] QoS 1 that is sent again is answered too',
    ({ telemetry }) =>
      Buffer.concat([publish(telemetry, { first: 0x32, id: 1 }), publish(telemetry, { first: 0x3a, id: 1 })]),
    () => Buffer.concat([puback(1), puback(1)]),
  ),
  answers(
    '[MQTT-4.3.3-2] QoS 2 is answered with PUBREC',
    ({ telemetry }) => publish(telemetry, { first: 0x34, id: 1 }),
    () => pubrec(1),
  ),
  connected('[MQTT-4.3.3-2] QoS 2 from PUBLISH to PUBCOMP', ({ telemetry }) => [
    { send: publish(telemetry, { first: 0x34, id: 9 }) },
    { answer: pubrec(9) },
    { send: pubrel(9) },
    { answer: pubcomp(9) },
    { open: true },
  ]),
  connected('[MQTT-4.3.3-2] QoS 2 that is sent again before PUBREL', ({ telemetry }) => [
    { send: publish(telemetry, { first: 0x34, id: 9 }) },
    { answer: pubrec(9) },
    { send: publish(telemetry, { first: 0x3c, id: 9 }) },
    { answer: pubrec(9) },
    { send: pubrel(9) },
    { answer: pubcomp(9) },
    { open: true },
  ]),
  connected('[MQTT-4.3.3-2] PUBREL that is sent again', ({ telemetry }) => [
    { send: publish(telemetry, { first: 0x34, id: 9 }) },
    { answer: pubrec(9) },
    { send: Buffer.concat([pubrel(9), pubrel(9)]) },
    { answer: Buffer.concat([pubcomp(9), pubcomp(9)]) },
    { open: true },
  ]),
  connected('[MQTT-4.3.3-2] PUBLISH of QoS 2 and its PUBREL in one write', ({ telemetry }) => [
    { send: Buffer.concat([publish(telemetry, { first: 0x34, id: 9 }), pubrel(9)]) },
    { answer: Buffer.concat([pubrec(9), pubcomp(9)]) },
    { open: true },
  ]),
  answers(
    '[MQTT-4.3.3-2] PUBREL of a message that is not known',
    () => pubrel(77),
    () => pubcomp(77),
  ),
  connected('[MQTT-4.3.2] PUBACK of a message that was not sent', () => [{ send: puback(77) }, { open: true }]),
  connected('[MQTT-4.3.3] PUBCOMP of a message that was not sent', () => [{ send: pubcomp(77) }, { open: true }]),
  connected('[MQTT-4.6.0-2] acknowledgements come in the order of the messages', ({ telemetry }) => [
    {
      send: Buffer.concat([5, 3, 9, 1].map((id) => publish(telemetry, { first: 0x32, id }))),
    },
    { answer: Buffer.concat([5, 3, 9, 1].map((id) => puback(id))) },
  ]),
  connected('[MQTT-4.6.0-2] also of different QoS', ({ telemetry }) => [
    {
      send: Buffer.concat([
        publish(telemetry, { first: 0x32, id: 1 }),
        publish(telemetry),
        publish(telemetry, { first: 0x32, id: 2 }),
      ]),
    },
    { answer: Buffer.concat([puback(1), puback(2)]) },
    { open: true },
  ]),
  {
    name: '[MQTT-4.4.0-1] QoS 2 goes on over the next connection of its session',
    steps: ({ hello, telemetry }) => [
      { send: hello({ clean: false }) },
      { answer: connack() },
      { send: Buffer.concat([1, 2, 3].map((id) => publish(telemetry, { first: 0x34, id }))) },
      { answer: Buffer.concat([1, 2, 3].map((id) => pubrec(id))) },
      { destroy: true },
      { on: 'b', send: hello({ clean: false }) },
      { on: 'b', answer: connack(0, 1) },
      { on: 'b', send: Buffer.concat([publish(telemetry, { first: 0x3c, id: 1 }), pubrel(1), pubrel(3), pubrel(2)]) },
      { on: 'b', answer: Buffer.concat([pubrec(1), pubcomp(1), pubcomp(3), pubcomp(2)]) },
      { on: 'b', open: true },
    ],
  },
  connected('[MQTT-4.3.3-2] twenty releases in one write, in their order', ({ telemetry }) => [
    { send: Buffer.concat(twenty.map((id) => publish(telemetry, { first: 0x34, id }))) },
    { answer: Buffer.concat(twenty.map((id) => pubrec(id))) },
    { send: Buffer.concat([...twenty.map((id) => pubrel(id)), publish(telemetry, { first: 0x34, id: 1 })]) },
    { answer: Buffer.concat([...twenty.map((id) => pubcomp(id)), pubrec(1)]) },
    { open: true },
  ]),
  connected('[MQTT-2.3.1] an identifier that is free again bears another message', ({ telemetry }) => [
    { send: Buffer.concat([publish(telemetry, { first: 0x34, id: 5 }), pubrel(5)]) },
    { answer: Buffer.concat([pubrec(5), pubcomp(5)]) },
    { send: Buffer.concat([publish(telemetry, { first: 0x32, id: 5 }), publish(telemetry, { first: 0x34, id: 5 })]) },
    { answer: Buffer.concat([puback(5), pubrec(5)]) },
    { open: true },
  ]),
  ...[1, 2].flatMap((qos) =>
    [1, 255, 256, 65_535].map((id) =>
      answers(
        `[MQTT-2.3.1-6] the identifier ${id} comes back with QoS ${qos}`,
        ({ telemetry }) => publish(telemetry, { first: 0x30 | (qos << 1), id }),
        () => (qos === 1 ? puback(id) : pubrec(id)),
      ),
    ),
  ),
  answers(
    '[MQTT-4.3.3] PUBREC of a message that was not sent is answered with PUBREL',
    () => pubrec(77),
    () => pubrel(77),
  ),
  closes('[MQTT-3.3.1-4] QoS 3', ({ telemetry }) => publish(telemetry, { first: 0x36, id: 1 })),
  closes('[MQTT-3.3.1-4] QoS 3, sent again and retained', ({ telemetry }) =>
    publish(telemetry, { first: 0x3f, id: 1 }),
  ),
  closes('[MQTT-3.3.1-2] DUP with QoS 0', ({ telemetry }) => publish(telemetry, { first: 0x38 })),
  closes('[MQTT-3.3.1-2] DUP with QoS 0, retained', ({ telemetry }) => publish(telemetry, { first: 0x39 })),
  ...wildcards.map((topic) => closes(`[MQTT-3.3.2-2] a wildcard in the topic name ${topic}`, () => publish(topic))),
  ...foreign.map((topic) =>
    closes(`[MQTT-3.3.5-2] the topic ${JSON.stringify(topic)}, which is not its own`, () => publish(topic)),
  ),
  closes('[MQTT-4.7.3-1] an empty topic name', () => publish('')),
  closes('[MQTT-3.3.2-1] PUBLISH of nothing', () => packet(0x30)),
  closes('[MQTT-3.3.2-1] PUBLISH without a topic name', () => packet(0x30, hex('00'))),
  closes('[MQTT-3.3.2-1] PUBLISH of QoS 1 with nothing behind its topic name', ({ telemetry }) =>
    packet(0x32, field(telemetry)),
  ),
  answers(
    '[MQTT-3.3.3] a PUBLISH without payload',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 1, payload: '' }),
    () => puback(1),
  ),
  answers(
    '[MQTT-3.3.3] a payload of bytes that are no text',
    ({ telemetry }) => publish(telemetry, { first: 0x32, id: 1, payload: hex('00 ff c0 80') }),
    () => puback(1),
  ),
  answers(
    '[MQTT-3.3.1-5] a retained message',
    ({ status }) => publish(status, { first: 0x33, id: 1, payload: 'online' }),
    () => puback(1),
  ),
  answers(
    '[MQTT-3.3.1-10] a retained message without payload',
    ({ status }) => publish(status, { first: 0x33, id: 1, payload: '' }),
    () => puback(1),
  ),
  closes('[MQTT-4.7.3-3] a topic name of 65,535 bytes', () => publish('x'.repeat(65_535))),
  closes('[MQTT-4.7.3-3] a topic name of 30,000 levels', () => publish('/'.repeat(30_000))),
]
