import type { Random } from '../../../firmware-sim/random.ts'
import { damage } from './mqtt-mutations.ts'

const pick = <Item>(random: Random, items: readonly Item[], fallback: Item): Item =>
  items[Math.floor(random() * items.length)] ?? fallback

const numbers = [
  ...['0', '-0', '1', '31.5', '1e400', '-1e400', '1e-400', '9223372036854775808', '18446744073709551616', '0x10'],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e999999999',
    `1${'0'.repeat(400)}`,
    'null',
    'true',
  ],
]
const keys = [
  ...['speed_kmh', 'heading_deg', 'lat', 'lon', 'ts', 'seq', 'passengers', 'odometer_km', 'status', 'unknown_metric'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    'a b',
    'a,b=c',
    'x\\n',
    '\\u0000',
  ],
  ...['\\ud800', '😀', 'speed_kmh\\u200b', 'x'.repeat(300)],
]
const texts = [
  ...['"2026-11-21T08:00:00+07:00"', '"2026-13-45T99:99:99Z"', '"1970-01-01T00:00:00Z"', '"kemarin"', '""'],
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\u001b[2J"',
    '"<script>alert(1)</script>"',
    '"x,y=1 2\\nevil v=1"',
  ],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '[]', '{}', '[[[[]]]]'],
]

type Maker = (random: Random) => string | Buffer

function object(random: Random): string {
  const fields = Array.from({ length: Math.floor(random() * 12) }, () => {
    const value = random() < 0.6 ? pick(random, numbers, '0') : pick(random, texts, '""')
    return `"${pick(random, keys, 'x')}":${value}`
  })
  return `{${fields.join(',')}}`
}

function right(random: Random): string {
  const ts = 1_795_000_000_000 + Math.floor(random() * 1e9)
  return `{"ts":${ts},"lat":3.6,"lon":98.4,"speed_kmh":${Math.floor(random() * 80)},"heading_deg":90,"seq":${Math.floor(random() * 1000)}}`
}

const deep = (random: Random, open: string, close: string) => {
  const depth = random() < 0.01 ? 1_000_000 : Math.floor(random() * 3000)
  return open.repeat(depth) + (random() < 0.5 ? close.repeat(depth) : '')
}

const makers: readonly Maker[] = [
  right,
  object,
  object,
  (random) =>
    `[${Array.from({ length: Math.floor(random() * 20) }, () => (random() < 0.5 ? right : object)(random)).join(',')}]`,
  (random) => deep(random, '[', ']'),
  (random) => deep(random, '{"a":', '}'),
  (random) => `{"x":${deep(random, '[', ']')}}`,
  (random) => `{${Array.from({ length: Math.floor(random() * 300) }, (_none, n) => `"k${n}":${n}`).join(',')}}`,
  (random) => `{"speed_kmh":1,"speed_kmh":${pick(random, numbers, '2')},"ts":1,"ts":${pick(random, numbers, '2')}}`,
  (random) => `\ufeff${right(random)}`,
  (random) => `  \n\t${right(random)}\r\n `,
  (random) => `"${'x'.repeat(Math.floor(random() * 20_000))}"`,
  (random) => `[${'1,'.repeat(Math.floor(random() * 3000))}1]`,
  (random) => `[${`${right(random)},`.repeat(Math.floor(random() * 40))}`,
  (random) => Buffer.from(Array.from({ length: Math.floor(random() * 100) }, () => Math.floor(random() * 256))),
  (random) => damage(Buffer.from(right(random)), random),
  (random) => damage(Buffer.from(object(random)), random),
  (random) => Buffer.from(right(random), 'utf16le'),
  (random) => pick(random, numbers, '0'),
  (random) => pick(random, texts, '""'),
  (random) => right(random).slice(0, Math.floor(random() * 60)),
  () => '',
]

/** Nonsense that a device could send as a reading, and now and then a reading. */
export function hostilePayload(random: Random): Buffer {
  return Buffer.from(pick(random, makers, right)(random))
}
