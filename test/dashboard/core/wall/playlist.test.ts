import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orbitAt } from '../../../../dashboard/core/kiosk/pixel-shift.ts'
import { parsePlaylist, showingAt } from '../../../../dashboard/core/wall/playlist.ts'
import { someMs } from '../../../support/city/device-view.ts'

test('a list names views with their seconds; what is no view is left out, and no time is absurd', () => {
  expect(parsePlaylist('ikhtisar,bus:20, banjir:45,bukan:9,cctv:x,sistem:0')).toEqual([
    { view: 'ikhtisar', seconds: 30 },
    { view: 'bus', seconds: 20 },
    { view: 'banjir', seconds: 45 },
    { view: 'cctv', seconds: 30 },
    { view: 'sistem', seconds: 5 },
  ])
  expect(parsePlaylist(null)).toEqual([])
  expect(showingAt([], someMs)).toBeUndefined()
})

test('every slide has its time in each round, in order, whatever the moment', () => {
  const slides = parsePlaylist('ikhtisar:30,bus:20,banjir:10')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (nowMs) => {
      const [now, soon] = [showingAt(slides, nowMs), showingAt(slides, nowMs + 60_000)]
      expect(now).toEqual(soon)
      expect(now?.gone).toBeGreaterThanOrEqual(0)
      expect(now?.gone).toBeLessThan(1)
    }),
  )
  const round = Math.ceil(someMs / 60_000) * 60_000
  const at = (s: number) => showingAt(slides, round + s * 1000)?.slide.view
  expect([0, 29.999, 30, 49.999, 50, 59.999, 60].map(at)).toEqual([
    ...['ikhtisar', 'ikhtisar', 'bus', 'bus', 'banjir', 'banjir', 'ikhtisar'],
  ])
})

test('the picture moves by one whole pixel a minute, never more than four from its place, and comes around', () => {
  const places = Array.from({ length: 33 }, (_, i) => orbitAt(someMs + i * 60_000))
  for (const [i, { x, y }] of places.entries()) {
    expect(Number.isInteger(x) && Number.isInteger(y) && Math.abs(x) <= 4 && Math.abs(y) <= 4).toBe(true)
    const next = places[i + 1]
    if (next !== undefined) expect(Math.abs(next.x - x) + Math.abs(next.y - y)).toBe(1)
  }
  expect(places[32]).toEqual(places[0])
  expect(new Set(places.slice(0, 32).map(({ x, y }) => `${x},${y}`)).size).toBe(32)
})
