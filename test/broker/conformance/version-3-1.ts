import { connack, disconnect, suback, subscribe } from './bytes.ts'
import { type Case, closes, closesAtOnce, greets } from './case.ts'

/** What MQTT 3.1 says otherwise than 3.1.1; the names begin with the statements that do not hold for it. */

const old = { name: 'MQIsdp', level: 3 } as const

export const version31Cases: Case[] = [
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
