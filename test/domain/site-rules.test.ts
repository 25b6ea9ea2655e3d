import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Site, siteFiles, siteSchema } from '../../contract/site/schema.ts'
import { riverAt } from '../../domain/rivers/river-at.ts'
import { postLevels, waterViews } from '../../domain/rivers/river-posts.ts'
import { waterTrend } from '../../domain/rivers/water-trend.ts'
import { routePosition } from '../../domain/transit/route-match.ts'
import { routesOf } from '../../domain/transit/routes.ts'
import { someMs } from '../support/city/device-view.ts'

/** A role without a page reads the site's folder as it lies on disk. */
const read = <Part extends 'riverPosts' | 'rivers' | 'busRoutes'>(part: Part): Site[Part] =>
  siteSchema.shape[part].parse(
    JSON.parse(readFileSync(`contract/site/binjai/${siteFiles[part]}`, 'utf8')),
  ) as Site[Part]

test('posts, rise and siaga follow from the site and from plain levels, without a page', () => {
  const { posts } = read('riverPosts')
  const gauges = posts.map(({ id, lat, lon, siagaM }) => ({ id, place: { lat, lon }, levelM: siagaM[2] }))
  const pointsOf = (id: string) => {
    const levelM = gauges.find((gauge) => gauge.id === id)?.levelM ?? 0
    return Array.from({ length: 30 }, (_, i): [number, number] => [
      someMs - (29 - i) * 60_000,
      levelM - (29 - i) * 0.01,
    ])
  }
  const options = { posts, gauges, nowMs: someMs, levelOf: ({ levelM }: { levelM: number }) => levelM }
  const waters = waterViews({ ...options, pointsOf, trendOf: (_id, points, nowMs) => waterTrend(points, nowMs) })
  expect(waters).toHaveLength(posts.length)
  for (const { post, gauge, siaga, trend } of waters) {
    expect(gauge?.id).toBe(post.id)
    expect(siaga).toBe(2)
    expect(trend).toMatchObject({ rising: true, rateCmPerHour: expect.closeTo(60, 3) })
  }
  const chain = postLevels({ riverId: posts[0]?.riverId ?? '', ...options }).map(({ post }) => post.distanceM)
  expect(chain).toEqual(chain.toSorted((a, b) => a - b))
})

test('every post of the site stands at the river that it names', () => {
  const { features } = read('rivers')
  for (const { riverId, lat, lon } of read('riverPosts').posts) expect(riverAt({ lat, lon }, features)).toBe(riverId)
})

test('a bus that drives along a route of the site is found on it', () => {
  const routes = routesOf(read('busRoutes').features)
  expect(routes.length).toBeGreaterThan(0)
  for (const { id, line, stops } of routes) {
    expect(stops.length).toBeGreaterThan(1)
    const track = line.map(([lon = 0, lat = 0], i) => {
      const atMs = someMs - (line.length - 1 - i) * 10_000
      return { lat, lon, measuredAtMs: atMs, receivedAtMs: atMs }
    })
    const last = track.at(-1)
    if (last === undefined) throw new Error(`${id} has no line`)
    const position = routePosition(routes, { place: last, track, knownRouteId: id, headingDeg: undefined })
    expect(position?.routeId).toBe(id)
  }
})
