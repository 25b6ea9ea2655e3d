import { expect, test } from 'vitest'
import { heardSince, missingOf, placeFaultOf, typedPlace } from '../../../../dashboard/core/kit/install.ts'

test('a device is installed once it was heard and has its place, and what is missing is named', () => {
  expect(missingOf({ heard: true, placed: true })).toEqual([])
  expect(missingOf({ heard: false, placed: true })).toEqual(['message'])
  expect(missingOf({ heard: true, placed: false })).toEqual(['position'])
  expect(missingOf({ heard: false, placed: false })).toEqual(['message', 'position'])
})

test('what was heard before the page was opened does not count', () => {
  expect(heardSince({ atFirstMs: null, nowMs: null })).toBe(false)
  expect(heardSince({ atFirstMs: 1000, nowMs: 1000 })).toBe(false)
  expect(heardSince({ atFirstMs: 1000, nowMs: null })).toBe(false)
  expect(heardSince({ atFirstMs: 1000, nowMs: 1001 })).toBe(true)
  expect(heardSince({ atFirstMs: null, nowMs: 1 })).toBe(true)
})

test.each([
  ['3,60012', ' 98.48543 ', { lat: 3.60012, lon: 98.48543 }],
  ['-6', '106,8', { lat: -6, lon: 106.8 }],
  ['90', '180', { lat: 90, lon: 180 }],
  ['91', '98', undefined],
  ['3', '181', undefined],
  ['', '98', undefined],
  ['3.6.1', '98', undefined],
  ["3°36'", '98', undefined],
])('%j and %j are read as a place, or refused', (lat, lon, place) => {
  expect(typedPlace(lat, lon)).toEqual(place)
})

test('each error of a browser has its words', () => {
  expect([1, 2, 3].map(placeFaultOf)).toEqual(['denied', 'unavailable', 'timeout'])
})
