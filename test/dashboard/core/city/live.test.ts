import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { type Live, renderLive, sealLive } from '../../../../dashboard/core/city/live.ts'
import { viewFacts } from '../../../../domain/view-facts.ts'
import { deviceView, someMs } from '../../../support/city/device-view.ts'

const facts = viewFacts(deviceView(), false)
const sealed = sealLive(12.5, someMs, facts)
const moment = (afterMs: number, lostForMs: number | null = null) => ({ nowMs: someMs + afterMs, lostForMs })

test('shows a fresh value with its state and age', () => {
  expect(renderLive(sealed, moment(7000))).toMatchObject({ shown: true, value: 12.5, state: 'online', ageMs: 7000 })
})

test.each([
  [90_000, 'online'],
  [91_000, 'late'],
  [180_000, 'late'],
  [181_000, 'stale'],
  [601_000, 'offline'],
] as const)('a value of a device that reports each minute is, after %i ms, %s', (afterMs, state) => {
  expect(renderLive(sealed, moment(afterMs)).state).toBe(state)
})

test('is at least stale while the server is away', () => {
  expect(renderLive(sealed, moment(1000, 3000))).toMatchObject({ shown: true, state: 'stale' })
})

test('is not shown at all after five minutes without the server', () => {
  expect(renderLive(sealed, moment(1000, 300_001))).toMatchObject({ shown: false, why: 'link-lost' })
})

test('ages by its own time when it is older than the newest reading', () => {
  const older = sealLive(3, someMs - 200_000, facts)
  expect(renderLive(older, moment(0)).state).toBe('stale')
})

test('tells zero from nothing', () => {
  expect(renderLive(sealLive(0, someMs, facts), moment(0))).toMatchObject({ shown: true, value: 0 })
  expect(renderLive(sealLive(0, null, facts), moment(0))).toMatchObject({ shown: false, why: 'never' })
})

test('is offline at once when the connection was lost, however fresh the value', () => {
  const lost = viewFacts(
    deviceView({ state: 'offline', stateReason: 'link-lost', link: { state: 'lost', since: null, reason: null } }),
    false,
  )
  expect(renderLive(sealLive(1, someMs, lost), moment(0)).state).toBe('offline')
})

test('comes out as a dash when it is printed by mistake', () => {
  expect(`${sealed}`).toBe('—')
  expect(JSON.stringify({ sealed })).toBe('{"sealed":null}')
  expect(Number(sealed)).toBeNaN()
})

test('cannot be drawn or counted without being opened', () => {
  const live: Live<number> = sealed
  // @ts-expect-error React cannot draw it
  const node: ReactNode = live
  // @ts-expect-error it is no number
  const number: number = live
  // @ts-expect-error nothing can be added to it
  const sum = live + 1
  // @ts-expect-error it has no readable value
  const value: unknown = live.value
  expect([node, number, sum, value]).toHaveLength(4)
})
