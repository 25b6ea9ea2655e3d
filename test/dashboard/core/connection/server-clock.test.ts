import { expect, test } from 'vitest'
import { createServerClock } from '../../../../dashboard/core/connection/server-clock.ts'

function clockAt(start: number) {
  let now = start
  const clock = createServerClock({ monotonicMs: () => now, wallMs: () => 5_000_000 })
  return { clock, pass: (ms: number) => (now += ms), local: () => now }
}

test('believes the browser until the server is heard', () => {
  const { clock } = clockAt(100)
  expect(clock.heard()).toBe(false)
  expect(clock.nowMs()).toBe(5_000_000)
})

test('takes the message with the shortest way as the truth', () => {
  const { clock, pass } = clockAt(0)
  const server = 9_000_000
  clock.observe(server - 300)
  pass(1000)
  clock.observe(server + 1000 - 20)
  pass(1000)
  clock.observe(server + 2000 - 900)
  expect(clock.nowMs()).toBe(server + 2000 - 20)
})

test('is not put back by messages that come in one burst', () => {
  const { clock, pass } = clockAt(0)
  const server = 9_000_000
  clock.observe(server)
  pass(10_000)
  for (let late = 1000; late <= 9000; late += 1000) clock.observe(server + late)
  expect(clock.nowMs()).toBe(server + 10_000)
})

test('follows a server whose clock was set back', () => {
  const { clock, pass } = clockAt(0)
  const server = 9_000_000
  clock.observe(server)
  for (let beat = 1; beat <= 6; beat++) {
    pass(1000)
    clock.observe(server + beat * 1000 - 60_000)
  }
  expect(clock.nowMs()).toBe(server + 6000 - 60_000)
})
