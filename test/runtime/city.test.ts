import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../runtime/config.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const binjai = 'contract/site/binjai'
const teluk = 'test/fixtures/sites/teluk'

/** A site folder with nothing in it but this `site.json`. */
function siteWith(info: unknown): { dir: string; file: string } {
  const dir = tempDir()
  const file = join(dir, 'site.json')
  writeFileSync(file, typeof info === 'string' ? info : JSON.stringify(info))
  return { dir, file }
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences
    throw error
  }
}

describe('the city of an installation', () => {
  test('is Kota Binjai where nothing is set, from wherever it is started', () => {
    const { city, siteDir } = readConfig({})
    expect(siteDir).toBe(join(import.meta.dirname, '../..', binjai))
    expect(city).toMatchObject({
      ...{ name: 'Kota Binjai', brand: 'Binjai Command Center', busService: 'Trans Binjai', timeZone: 'Asia/Jakarta' },
      bbox: [98.44069, 3.52786, 98.53961, 3.67251],
    })
  })

  test('has its names and its zone from the site folder', () => {
    const { city, settings, notices } = readConfig({ BCC_SITE_DIR: teluk })
    expect(city).toMatchObject({ name: 'Kota Teluk', brand: 'Pusat Kendali Teluk', busService: null })
    expect([city.timeZone, settings.BCC_TIMEZONE, notices]).toEqual(['Asia/Jayapura', 'Asia/Jayapura', []])
  })

  test('is named after itself where its folder has no brand', () => {
    const { dir } = siteWith({ name: 'Kota Lama', timeZone: 'Asia/Makassar' })
    expect(readConfig({ BCC_SITE_DIR: dir }).city).toMatchObject({
      ...{ name: 'Kota Lama', brand: 'Kota Lama Command Center', timeZone: 'Asia/Makassar', bbox: undefined },
    })
  })

  test('has no name without site.json, which is said', () => {
    const dir = tempDir()
    const { city, notices } = readConfig({ BCC_SITE_DIR: dir })
    expect(city).toMatchObject({ name: '', brand: 'Command Center', timeZone: 'Asia/Jakarta' })
    expect(notices).toEqual([
      `BCC_SITE_DIR: there is no ${join(dir, 'site.json')}; the city has no name, and its time zone is Asia/Jakarta.`,
    ])
  })

  test.each([
    ['not JSON', '{"name":', 'is not JSON.'],
    ['without a name', { timeZone: 'Asia/Jakarta' }, 'is wrong at "name": '],
    ['with a name that is none', { name: 7 }, 'is wrong at "name": '],
    ['of places that are none', { name: 'Kota', bbox: [1, 2, 3] }, 'is wrong at "bbox'],
    ['in a zone that there is not', { name: 'Kota', timeZone: 'Asia/Medan' }, 'names the time zone "Asia/Medan"'],
  ])('does not start with a site.json %s, and the sentence names the file', (_what, info, words) => {
    const { dir, file } = siteWith(info)
    expect(faultsOf({ BCC_SITE_DIR: dir })).toEqual([expect.stringContaining(`BCC_SITE_DIR: ${file} ${words}`)])
  })

  test('does not start with a site.json that cannot be read', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'site.json'))
    expect(faultsOf({ BCC_SITE_DIR: dir })).toEqual([
      `BCC_SITE_DIR: ${join(dir, 'site.json')} cannot be read (EISDIR).`,
    ])
  })
})

describe('BCC_TIMEZONE', () => {
  test('goes before the zone of the site folder, which is said', () => {
    const { city, settings, notices } = readConfig({ BCC_SITE_DIR: teluk, BCC_TIMEZONE: 'Asia/Makassar' })
    expect([city.timeZone, settings.BCC_TIMEZONE]).toEqual(['Asia/Makassar', 'Asia/Makassar'])
    expect(notices).toEqual([
      `BCC_TIMEZONE goes before the site folder: times are those of Asia/Makassar, though ${join(process.cwd(), teluk, 'site.json')} names Asia/Jayapura.`,
    ])
  })

  test.each(['Asia/Jayapura', 'asia/jayapura'])('%s is no other zone than that of the folder', (zone) => {
    expect(readConfig({ BCC_SITE_DIR: teluk, BCC_TIMEZONE: zone }).notices).toEqual([])
  })

  test('stands in for a zone of the folder that there is not, which is said', () => {
    const { dir, file } = siteWith({ name: 'Kota', timeZone: 'Asia/Medan' })
    const { city, notices } = readConfig({ BCC_SITE_DIR: dir, BCC_TIMEZONE: 'Asia/Jayapura' })
    expect(city.timeZone).toBe('Asia/Jayapura')
    expect(notices).toEqual([
      `BCC_SITE_DIR: ${file} names the time zone "Asia/Medan", which is none; BCC_TIMEZONE goes before it: times are those of Asia/Jayapura.`,
    ])
  })

  test('that is none is told alone: the folder is not blamed for it', () => {
    expect(faultsOf({ BCC_SITE_DIR: teluk, BCC_TIMEZONE: 'Asia/Medan' })).toEqual([
      'BCC_TIMEZONE is no IANA time zone, such as Asia/Jakarta.',
    ])
  })

  test('is needed by a folder that names none, which is said where it is not set', () => {
    const { dir, file } = siteWith({ name: 'Kota' })
    expect(readConfig({ BCC_SITE_DIR: dir, BCC_TIMEZONE: 'Asia/Makassar' }).notices).toEqual([])
    expect(readConfig({ BCC_SITE_DIR: dir }).notices).toEqual([
      `BCC_SITE_DIR: ${file} names no time zone; it is taken to be Asia/Jakarta.`,
    ])
  })
})
