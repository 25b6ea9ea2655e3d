import { expect, test } from 'vitest'
import type { DeviceView } from '../../../../contract/http/devices.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { createTracks } from '../../../../dashboard/core/movement/tracks.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const bus = (id: string, atMs: number, more: Partial<DeviceView> = {}) =>
  deviceView({ ...{ id, kind: 'bus', profile: 'trans-binjai-bus' }, measuredAt: isoAt(atMs), ...more })

function tracked() {
  const store = createDeviceStore()
  const tracks = createTracks({ store, moves: ({ view }) => view.kind === 'bus' })
  let seq = 1
  store.applySnapshot({ seq, at: isoAt(someMs), devices: [bus('bus-01', someMs), deviceView()] })
  const send = (changes: DeviceView[], removed: string[] = []) =>
    store.applyDelta({ seq: ++seq, at: isoAt(someMs), changes, removed })
  return { store, tracks, send }
}

test('a track keeps ten minutes, and 600 fixes of them, however long it drives', () => {
  const { tracks, send } = tracked()
  for (let s = 5; s <= 3600; s += 5) send([bus('bus-01', someMs + s * 1000)])
  const slow = tracks.of('bus-01')
  expect(slow).toHaveLength(121)
  expect(slow[0]?.measuredAtMs).toBe(someMs + 3_000_000)
  for (let i = 1; i <= 2000; i++) send([bus('bus-01', someMs + 3_600_000 + i * 100)])
  expect(tracks.of('bus-01')).toHaveLength(600)
})

test('a reading that is older, or says of no place, is no fix; what stands still has no track', () => {
  const { tracks, send } = tracked()
  send([bus('bus-01', someMs - 5000), bus('bus-01', someMs + 5000, { lat: null, lon: null }), deviceView()])
  expect(tracks.of('bus-01')).toHaveLength(1)
  expect(tracks.of('udara-01')).toEqual([])
})

test('a mover that is taken out of the registry takes its track along, and comes back without it', () => {
  const { tracks, send } = tracked()
  for (let round = 1; round <= 50; round++) {
    send([bus(`bus-${round}`, someMs)])
    send([], [`bus-${round}`])
    expect(tracks.of(`bus-${round}`)).toEqual([])
  }
  expect(tracks.of('bus-01')).toHaveLength(1)
})
