import { expect, test } from 'vitest'
import { monitorsOf } from '../../../../contract/display-geometry.ts'
import { wallSettingsSchema } from '../../../../contract/http/walls.ts'
import {
  emptyWall,
  fieldsOf,
  glazingOf,
  settingsOf,
  unreadableLines,
} from '../../../../dashboard/core/wall/wall-form.ts'
import { exampleWalls } from '../../../support/city/example-walls.ts'

test.each(exampleWalls)('the form of "$settings.name" gives the same settings back', ({ settings }) => {
  const full = wallSettingsSchema.parse({
    ...settings,
    playlist: [{ screen: 'bus', seconds: 20 }],
    tiles: [{ screen: 'utama-1', view: [0, 0, 960, 540] }],
  })
  expect(settingsOf(fieldsOf(full))).toEqual(full)
})

test('monitors are written a line each, as people write them', () => {
  const fields = {
    ...emptyWall,
    arrangement: 'list' as const,
    monitors: ' 0,0 1920x1080 55\n\n1920 , 0 1080 × 1920 31,5\nsalah\n',
  }
  expect(monitorsOf(glazingOf(fields))).toEqual([
    { x: 0, y: 0, w: 1920, h: 1080, diagonalIn: 55 },
    { x: 1920, y: 0, w: 1080, h: 1920, diagonalIn: 31.5 },
  ])
  expect(unreadableLines({ ...fields, tiles: 'utama-1 0,0,10,10\nLayar 1', playlist: 'bus:20, cuaca' })).toEqual([
    ...['salah', 'cuaca', 'Layar 1'],
  ])
})

test('an untouched form is a wall once it has a name', () => {
  expect(wallSettingsSchema.safeParse(settingsOf(emptyWall)).success).toBe(false)
  expect(wallSettingsSchema.safeParse(settingsOf({ ...emptyWall, name: 'Utama' })).success).toBe(true)
})
