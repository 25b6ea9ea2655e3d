import { isLive } from '../../domain/device-state.ts'
import type { Place } from '../../domain/geo/geo.ts'
import type { SeenDevice } from '../core/city/city.ts'
import type { Moment } from '../core/city/live.ts'
import { drawnAt } from '../core/movement/motion.ts'
import type { Tracks } from '../core/movement/tracks.ts'

/** Where a thing that moves is drawn at a moment of the server's clock, ms; `undefined`: nobody knows. */
export type MoverPosition = (device: SeenDevice, nowMs: number, moment: Moment) => Place | undefined

/** One rule for all layers: the mark and its label must not part. */
export function createMoverPosition(options: { tracks: Tracks; reducedMotion: () => boolean }): MoverPosition {
  return (device, nowMs, moment) => {
    const track = options.tracks.of(device.id)
    const to = track.at(-1)
    if (to === undefined) return device.place ?? undefined
    const still = options.reducedMotion() || !isLive(device.state) || moment.lostForMs !== null
    return drawnAt(track.at(-2), to, { nowMs, expectedMs: device.expectedMs, still })
  }
}
