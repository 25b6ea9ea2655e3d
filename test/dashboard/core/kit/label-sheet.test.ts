import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import {
  installPath,
  labelIds,
  labelPath,
  labelsPerSheet,
  maxLabels,
  sheetsOf,
} from '../../../../dashboard/core/kit/label-sheet.ts'
import { qrPicture } from '../../../../dashboard/core/kit/qr.ts'

/** Its only export is the function itself, which its types say in a way that an ES module cannot import. */
const jsQr: typeof import('jsqr').default = createRequire(import.meta.url)('jsqr')

const named = (count: number) => Array.from({ length: count }, (_, n) => `r-${n}`)

test('the address of the sheets gives the same devices back', () => {
  const path = labelPath(['air-09', 'bus-01'])
  expect(path).toBe('/konsol/label?ids=air-09,bus-01')
  expect(labelIds(path.slice(path.indexOf('?')))).toEqual(['air-09', 'bus-01'])
})

test.each([
  ['', []],
  ['?ids=', []],
  ['?ids=,%20r-1%20,,r-1,R-2,../x,<b>,a', ['r-1']],
])('of %j only what can be an id is taken, and once', (search, ids) => {
  expect(labelIds(search)).toEqual(ids)
})

test('no more labels than a server takes the address of', () => {
  const ids = Array.from({ length: 1000 }, (_, n) => `${'x'.repeat(59)}${String(n).padStart(4, '0')}`)
  expect(labelPath(ids).length).toBeLessThan(16_000)
  expect(labelIds(labelPath(named(1000)).slice('/konsol/label'.length))).toEqual(named(maxLabels))
})

test.each([
  [0, []],
  [1, [1]],
  [labelsPerSheet, [24]],
  [labelsPerSheet + 1, [24, 1]],
  [60, [24, 24, 12]],
])('%i labels fill the sheets one after the other', (count, sizes) => {
  const sheets = sheetsOf(named(count))
  expect(sheets.map((sheet) => sheet.length)).toEqual(sizes)
  expect(sheets.flat()).toEqual(named(count))
})

/** As a camera would see it: eight pixels a module. `dirt` covers a square in the middle of it. */
function photograph(dark: readonly (readonly boolean[])[], dirt = 0): string | undefined {
  const scale = 8
  const side = dark.length * scale
  const middle = (dark.length - dirt) / 2
  const covered = (at: number) => at >= middle && at < middle + dirt
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = [Math.floor(y / scale), Math.floor(x / scale)]
      const isDark = (covered(row) && covered(column)) || dark[row]?.[column] === true
      if (isDark) pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3)
    }
  }
  return jsQr(pixels, side, side)?.data
}

test.each([
  `https://pusat-komando.binjaikota.go.id${installPath('air-09')}`,
  `http://127.0.0.1:8080${installPath('x'.repeat(63))}`,
  'otpauth://totp/Binjai:siti?secret=JBSWY3DPEHPK3PXP&issuer=Binjai%20Command%20Center',
])('a reader finds %s in its picture', (words) => {
  const { dark, size, path } = qrPicture(words, { worn: true })
  expect(photograph(dark)).toBe(words)
  expect(path.match(/M/g)).toHaveLength(dark.flat().filter(Boolean).length)
  // Four light modules on each side.
  expect(dark.slice(0, 4).concat(dark.slice(-4)).flat()).not.toContain(true)
  expect(dark).toHaveLength(size)
})

test('a label that is dirty in the middle is still read', () => {
  const words = `https://pusat-komando.binjaikota.go.id${installPath('air-09')}`
  expect(photograph(qrPicture(words, { worn: true }).dark, 9)).toBe(words)
})
