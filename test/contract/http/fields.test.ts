import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newDeviceSchema } from '../../../contract/http/devices.ts'
import { plainText } from '../../../contract/http/fields.ts'
import { newMaintenanceSchema } from '../../../contract/http/maintenance.ts'
import { wallSettingsSchema } from '../../../contract/http/walls.ts'

const name = plainText(1, 80)

describe('a name', () => {
  test.each([
    'Bingai 01',
    '  with blanks around  ',
    'Jl. Sudirman №3 (utara)',
    '水位 3',
    'Mesjid العَرَبِيَّة',
    'नदी',
    '👨‍👩‍👧 taman',
    '#',
    'a\u200bb',
  ])('%j is taken', (text) => {
    expect(name.parse(text)).toBe(text.trim())
  })

  test.each([
    '\u200b',
    '\u200d\u200d',
    '\ufeff',
    '\u2800\u2800',
    '\u3164',
    '\u115f\u1160',
    '\u00ad',
    '\u034f',
    '\u0301',
    '\u180e',
    '\u{e0041}',
    'a\nb',
    'a\tb',
    'a\rb',
    '\u0000x',
    'x\u007f',
    'x\u0085y',
    'a\u2028b',
    'a\u2029b',
    '\u202eabc',
    'a\u202dbc',
    'a\u2066b\u2069',
    'a\u200fb',
    'a\u061cb',
    '\ud800',
    'a\udc00',
    '',
    ' ',
    'x'.repeat(81),
  ])('%j is refused', (text) => {
    expect(name.safeParse(text).success).toBe(false)
  })

  test('stands on one line and shows something, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), (text) => {
        const { success, data = '' } = name.safeParse(text)
        if (!success) return
        expect(data).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+$/u)
        expect(data).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u)
        expect(name.parse(data)).toBe(data)
      }),
    )
  })
})

const device = { id: 'r-1', profile: 'river-gauge' }
const wall = {
  ...{ bezelMm: 1, farthestViewerM: 5, theme: 'malam', lang: 'id', playlist: [], tiles: [], cols: 1, rows: 1 },
  panel: { w: 1920, h: 1080, diagonalIn: 55 },
}
const maintenance = { deviceIds: ['r-1'], until: '2026-12-01T00:00:00Z' }

describe('is asked of every text that people read', () => {
  test.each([
    ['the name of a device', newDeviceSchema, { ...device, name: 'x' }, { ...device, name: '\u202ex' }],
    ['its office', newDeviceSchema, { ...device, opd: 'Dishub' }, { ...device, opd: 'Dis\u0000hub' }],
    ['its area', newDeviceSchema, { ...device, areaCode: '12.75.01' }, { ...device, areaCode: '12\n75' }],
    ['the name of a wall', wallSettingsSchema, { ...wall, name: 'Utama' }, { ...wall, name: '\u200b' }],
    [
      'why something is mended',
      newMaintenanceSchema,
      { ...maintenance, reason: 'ganti aki' },
      { ...maintenance, reason: 'a\u202eki' },
    ],
  ])('%s', (_what, schema, right, wrong) => {
    expect(schema.safeParse(right).error).toBeUndefined()
    expect(schema.safeParse(wrong).success).toBe(false)
  })
})
