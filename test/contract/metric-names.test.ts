import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxOwners, type NameBook, nameKeys } from '../../contract/metric-names.ts'
import { metricNamePattern } from '../../contract/metrics.ts'

const marked = (slug: string) => expect.stringMatching(new RegExp(`^${slug}_[0-9a-z]{7}$`))

function openBook(used: readonly string[] = []): NameBook {
  return { owners: {}, changed: () => undefined, isUsed: (name) => used.includes(name) }
}

/** Any text, and texts that differ in what a slug does not show. */
const keys = fc.uniqueArray(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.constantFrom(
      'temp',
      'Temp',
      'TEMP',
      ' temp',
      '1_temp',
      '_1_temp',
      '1.temp',
      '2_temp',
      'te-mp',
      'te_mp',
      'te mp',
    ),
    fc.constantFrom('count_', 'count_Sepeda Motor', 'count_sepeda_motor', 'speed_kmh', 'Speed_KMH', 'speed kmh'),
    fc.constantFrom('constructor', 'Constructor', '__proto__', 'proto', 'TS', 'Lat', 'LON', 'Seq', 'time', '_field'),
  ),
  { maxLength: 64 },
)

describe('names', () => {
  test.each([
    [
      ['temp', 'Temp'],
      ['temp', marked('temp')],
    ],
    [
      ['Temp', 'temp'],
      [marked('temp'), 'temp'],
    ],
    [
      ['Temp', 'TEMP'],
      ['temp', marked('temp')],
    ],
    [
      ['1_temp', '2_temp'],
      ['n1_temp', 'n2_temp'],
    ],
    [
      ['1.8.0', '2.8.0'],
      ['n1_8_0', 'n2_8_0'],
    ],
    [
      ['Outputs/LEDs/Green', 'Outputs LEDs Green'],
      ['outputs_leds_green', marked('outputs_leds_green')],
    ],
    [
      ['count_Sepeda Motor', 'count_sepeda-motor'],
      ['count_sepeda_motor', marked('count_sepeda_motor')],
    ],
    [
      ['Speed_KMH', 'speed_kmh'],
      [marked('speed_kmh'), 'speed_kmh'],
    ],
    [
      ['voltage_v_1', 'Voltage V 1'],
      ['voltage_v_1', marked('voltage_v_1')],
    ],
    [
      ['Lat', 'TS'],
      [marked('lat'), marked('ts')],
    ],
    [
      ['水温', ''],
      [undefined, undefined],
    ],
    [
      ['constructor', '__proto__'],
      [undefined, 'proto'],
    ],
  ])('%j become %j', (of, names) => {
    expect(nameKeys(of, openBook())).toEqual(names)
  })

  test('obey the pattern, and no two keys have one, whatever the keys are', () => {
    fc.assert(
      fc.property(keys, (of) => {
        const names = nameKeys(of, openBook()).filter((name) => name !== undefined)
        for (const name of names) expect(name).toMatch(metricNamePattern)
        expect(new Set(names).size).toBe(names.length)
      }),
      { numRuns: 500 },
    )
  })

  test('of a text with a letter or digit in it there is always one', () => {
    const texts = fc.uniqueArray(fc.stringMatching(/^[ -~]*[a-zA-Z0-9][ -~]*$/), { maxLength: 64 })
    fc.assert(
      fc.property(texts, (of) => {
        const names = nameKeys(of, openBook())
        for (const [index, name] of names.entries()) if (of[index] !== 'constructor') expect(name).toBeDefined()
      }),
    )
  })

  test('stay with their keys over readings, in whatever company the keys come', () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 8 }), (readings) => {
        const used = new Set<string>()
        const book = { owners: {}, changed: () => undefined, isUsed: (name: string) => used.has(name) }
        const named = readings.flatMap((of) => {
          const names = nameKeys(of, book)
          for (const name of names) used.add(name ?? '')
          return names.map((name, index) => ({ name, key: of[index] }))
        })
        // A key that is a name takes it back from one that is not.
        const mapped = named.filter(({ name, key }) => name !== undefined && name !== key)
        const keyOfName = new Map(mapped.map(({ name, key }) => [name, key]))
        for (const { name, key } of mapped) expect(key).toBe(keyOfName.get(name))
      }),
      { numRuns: 300 },
    )
  })

  test('that were used as they are stay so when another key would have them', () => {
    expect(nameKeys(['Temp'], openBook(['temp']))).toEqual([marked('temp')])
  })

  test('a device that brings ever new keys fills no memory, and its keys stay apart', () => {
    const book = openBook()
    const names = new Set<string | undefined>()
    for (let n = 0; n < 1000; n += 1) for (const name of nameKeys([`Key ${n}`, `KEY ${n}`], book)) names.add(name)
    expect(Object.keys(book.owners).length).toBe(maxOwners)
    expect(names.size).toBe(2000)
    expect(names.has(undefined)).toBe(false)
  })
})
