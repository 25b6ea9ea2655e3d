import { field, hex, packet, publish, subscribe, unsubscribe } from './bytes.ts'
import { type Case, closes, closesAtOnce, greets, type Subject } from './case.ts'

/** Section 1.5.3, UTF-8 encoded strings. */

const wrong: [statement: string, what: string, bytes: string][] = [
  ['1.5.3-1', 'the surrogate U+D800', 'ed a0 80'],
  ['1.5.3-1', 'the surrogate U+DFFF', 'ed bf bf'],
  ['1.5.3-1', 'a pair of surrogates', 'ed a0 81 ed b0 80'],
  ['1.5.3-1', 'an overlong NUL', 'c0 80'],
  ['1.5.3-1', 'an overlong slash', 'c0 af'],
  ['1.5.3-1', 'an overlong U+007F', 'c1 bf'],
  ['1.5.3-1', 'an overlong character of three bytes', 'e0 80 af'],
  ['1.5.3-1', 'an overlong character of four bytes', 'f0 80 80 af'],
  ['1.5.3-1', 'a character beyond U+10FFFF', 'f4 90 80 80'],
  ['1.5.3-1', 'a lone continuation byte', '80'],
  ['1.5.3-1', 'a character that is cut off', 'e2 82'],
  ['1.5.3-1', 'the byte FE', 'fe'],
  ['1.5.3-1', 'the byte FF', 'ff'],
  ['1.5.3-2', 'NUL', '00'],
  ['1.5.3', 'U+0001', '01'],
  ['1.5.3', 'a line feed', '0a'],
  ['1.5.3', 'an escape', '1b'],
  ['1.5.3', 'U+001F', '1f'],
  ['1.5.3', 'U+007F', '7f'],
  ['1.5.3', 'U+0080', 'c2 80'],
  ['1.5.3', 'U+009F', 'c2 9f'],
  ['1.5.3', 'the noncharacter U+FDD0', 'ef b7 90'],
  ['1.5.3', 'the noncharacter U+FFFF', 'ef bf bf'],
  ['1.5.3', 'the noncharacter U+1FFFF', 'f0 9f bf bf'],
]

const beside = (bytes: string) => Buffer.concat([Buffer.from('x'), hex(bytes), Buffer.from('y')])

type Place = [where: string, make: (name: string, text: Buffer) => Case]
const places: Place[] = [
  ['a client id', (name, text) => closesAtOnce(name, ({ hello }) => hello({ clientId: text }))],
  ['a user name', (name, text) => closesAtOnce(name, ({ hello }) => hello({ userName: text }))],
  ['a Will topic', (name, text) => closesAtOnce(name, ({ hello }) => hello({ will: { topic: text } }))],
  ['a topic name', (name, text) => closes(name, () => publish(text))],
  ['a filter of SUBSCRIBE', (name, text) => closes(name, () => subscribe(1, [[text, 0]]))],
  ['a filter of UNSUBSCRIBE', (name, text) => closes(name, () => unsubscribe(1, [text]))],
]

const right: [statement: string, what: string, bytes: string][] = [
  ['1.5.3-3', 'U+FEFF, which is no byte order mark here', 'ef bb bf'],
  ['1.5.3-1', 'U+FFFD', 'ef bf bd'],
  ['1.5.3-1', 'two bytes a character', 'c3 a9'],
  ['1.5.3-1', 'three bytes a character', 'e4 b8 ad'],
  ['1.5.3-1', 'four bytes a character', 'f0 9f 98 80'],
  ['1.5.3-1', 'U+D7FF, the last before the surrogates', 'ed 9f bf'],
]

/** A length that does not fit what follows. */
const tooLong = Buffer.concat([hex('00 ff'), Buffer.from('abc')])
const body = (subject: Subject) => subject.hello().subarray(2)

export const textCases: Case[] = [
  ...wrong.flatMap(([statement, what, bytes]) =>
    places.map(([where, make]) => make(`[MQTT-${statement}] ${what} in ${where}`, beside(bytes))),
  ),
  ...right.map(([statement, what, bytes]) =>
    greets(`[MQTT-${statement}] ${what} in a client id`, ({ hello }) => hello({ clientId: beside(bytes) }), 0),
  ),
  closes('[MQTT-1.5.3] a topic name that is longer than its packet', () => packet(0x30, tooLong)),
  closes('[MQTT-1.5.3] a topic name of which the length is cut off', () => packet(0x30, hex('00'))),
  closes('[MQTT-1.5.3] a filter that is longer than its packet', () => packet(0x82, hex('00 01'), tooLong)),
  closes('[MQTT-1.5.3] a filter of UNSUBSCRIBE that is longer than its packet', () =>
    packet(0xa2, hex('00 01'), tooLong),
  ),
  closesAtOnce('[MQTT-1.5.3] a password that is longer than its packet', (subject) => {
    const bytes = body(subject)
    const cut = bytes.subarray(0, bytes.length - 3)
    return packet(0x10, cut)
  }),
  closesAtOnce('[MQTT-1.5.3] a client id that is longer than its packet', () =>
    packet(0x10, field('MQTT'), hex('04 02 00 3c'), tooLong),
  ),
]
