import { expect, test } from 'vitest'
import { createLink, type LinkView } from '../../../../dashboard/core/connection/link.ts'
import { createServerClock } from '../../../../dashboard/core/connection/server-clock.ts'

/** A link on a clock that the test moves; the server's clock is an hour ahead. */
function watched() {
  let now = 1_000_000
  const serverAhead = 3_600_000
  const clock = createServerClock({ monotonicMs: () => now, wallMs: () => now })
  const phases: LinkView['phase'][] = []
  const asked: number[] = []
  const link = createLink({ clock, resync: () => asked.push(now), onChange: (view) => phases.push(view.phase) })
  const at = (ms = now) => ms + serverAhead
  return {
    ...{ link, clock, phases, asked, at },
    pass(ms: number) {
      for (let rest = ms; rest > 0; rest -= 250) {
        now += Math.min(250, rest)
        link.check()
      }
    },
    /** Nothing runs, as in a page whose thread is blocked. */
    block(ms: number) {
      now += ms
    },
    up() {
      link.proof(at(), true)
    },
  }
}

test('is up only once a snapshot is here', () => {
  const { link, up, at } = watched()
  link.proof(at())
  expect(link.view().phase).toBe('connecting')
  up()
  expect(link.view().phase).toBe('up')
})

test('is lost after 2.5 s of silence, and says since when the picture stands', () => {
  const { link, up, pass, at } = watched()
  up()
  const lastHeard = at()
  pass(2500)
  expect(link.view().phase).toBe('up')
  pass(250)
  expect(link.view()).toMatchObject({ phase: 'lost', provenAtMs: lastHeard })
})

test('is lost at once when the connection closes', () => {
  const { link, up } = watched()
  up()
  link.closed()
  expect(link.view().phase).toBe('lost')
})

test('does not take messages that lay in a buffer for life', () => {
  const { link, up, pass, at } = watched()
  up()
  const then = at()
  pass(8000)
  for (const late of [1000, 2000, 3000, 4000]) link.proof(then + late, true)
  expect(link.view().phase).toBe('lost')
})

test('comes back only with a snapshot, which it asks for', () => {
  const { link, up, pass, at, asked } = watched()
  up()
  pass(4000)
  link.proof(at())
  expect(link.view().phase).toBe('lost')
  expect(asked).toHaveLength(1)
  link.proof(at(), true)
  expect(link.view()).toMatchObject({ phase: 'up', restoredAtMs: at() })
})

test('does not mistake its own blocked thread for a lost server before it has read what was sent', () => {
  const { link, up, block, pass, at, phases } = watched()
  up()
  pass(500)
  block(4000)
  link.check()
  link.proof(at())
  pass(1000)
  expect(phases).toEqual(['up'])
})

test('finds the loss soon after its thread was blocked', () => {
  const { link, up, block, pass } = watched()
  up()
  pass(500)
  block(5000)
  link.check()
  pass(500)
  expect(link.view().phase).toBe('lost')
})
