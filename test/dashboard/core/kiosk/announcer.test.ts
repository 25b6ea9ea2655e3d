import { expect, test } from 'vitest'
import { createCityView, emptyCity } from '../../../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { createAnnouncer } from '../../../../dashboard/core/kiosk/announcer.ts'
import { deviceView, factsFor, isoAt, someMs } from '../../../support/city/device-view.ts'

type State = Parameters<typeof factsFor>[0]

/** A city whose cameras are in these states, and somebody who listens to it. */
function listening() {
  let nowMs = 0
  const announcer = createAnnouncer({ monotonicMs: () => nowMs })
  const viewOf = (states: readonly State[], lostForMs: number | null) => {
    const store = createDeviceStore()
    const cctv = (state: State, i: number) =>
      deviceView({ id: `cctv-${i}`, name: `CCTV ${i}`, profile: 'ip-camera', expectedS: 3600, ...factsFor(state) })
    store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: states.map(cctv) })
    return createCityView({ store }).at(someMs, lostForMs)
  }
  return {
    /** What is said at this second, as `{ offline: [ids] }`. */
    at(second: number, states: readonly State[], lostForMs: number | null = null) {
      nowMs = second * 1000
      const said = announcer.look(viewOf(states, lostForMs))
      return said === undefined
        ? undefined
        : Object.fromEntries([...said].map(([turn, devices]) => [turn, devices.map(({ id }) => id)]))
    },
    announcer,
    pass(second: number) {
      nowMs = second * 1000
    },
  }
}

test('says nothing of the city as it is found, then what changed', () => {
  const { at, announcer } = listening()
  expect(announcer.look(emptyCity(someMs))).toBeUndefined()
  expect(at(1, ['online', 'offline', 'frozen'])).toBeUndefined()
  expect(at(2, ['offline', 'online', 'frozen'])).toEqual({ offline: ['cctv-0'], back: ['cctv-1'] })
})

test('speaks at most once in 5 s, and then of all that changed since', () => {
  const { at } = listening()
  at(0, ['online', 'online', 'online'])
  expect(at(1, ['offline', 'online', 'online'])).toEqual({ offline: ['cctv-0'] })
  expect(at(2, ['offline', 'offline', 'online'])).toBeUndefined()
  expect(at(5.9, ['offline', 'offline', 'frozen'])).toBeUndefined()
  expect(at(6, ['offline', 'offline', 'frozen'])).toEqual({ offline: ['cctv-1'], frozen: ['cctv-2'] })
  expect(at(20, ['offline', 'offline', 'frozen'])).toBeUndefined()
})

test('counts the 5 s from when it was on the page', () => {
  const { at, announcer, pass } = listening()
  at(0, ['online', 'online'])
  expect(at(1, ['offline', 'online'])).toEqual({ offline: ['cctv-0'] })
  pass(1.4)
  announcer.heard()
  expect(at(6.3, ['offline', 'offline'])).toBeUndefined()
  expect(at(6.4, ['offline', 'offline'])).toEqual({ offline: ['cctv-1'] })
})

test('is silent of what went and came in between', () => {
  const { at } = listening()
  at(0, ['online', 'online'])
  at(1, ['offline', 'online'])
  at(3, ['offline', 'offline'])
  expect(at(7, ['offline', 'online'])).toBeUndefined()
})

test('is silent of states that ask for nobody, and of a device that is new', () => {
  const { at } = listening()
  at(0, ['online', 'unknown', 'disabled'])
  expect(at(6, ['disabled', 'online', 'online', 'online'])).toBeUndefined()
  expect(at(12, ['disabled', 'online', 'online', 'offline'])).toEqual({ offline: ['cctv-3'] })
})

test('calls nobody back who is taken out of service, and tells what maintenance has hidden once it is over', () => {
  const { at } = listening()
  at(0, ['offline', 'frozen', 'online'])
  expect(at(6, ['disabled', 'disabled', 'disabled'])).toBeUndefined()
  expect(at(12, ['offline', 'online', 'online'])).toEqual({ offline: ['cctv-0'] })
})

test('never speaks of a frozen picture, but of what changed meanwhile', () => {
  const { at } = listening()
  at(0, ['online', 'online'])
  expect(at(6, ['online', 'online'], 4000)).toBeUndefined()
  expect(at(9, ['online', 'offline'])).toEqual({ offline: ['cctv-1'] })
})
