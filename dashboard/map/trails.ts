import type { Fix } from '../../domain/transit/fix.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { legBetween } from '../core/movement/motion.ts'
import type { Tracks } from '../core/movement/tracks.ts'
import type { Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

/** More trails than this would cost more than they tell. */
const maxTrails = 300
const trailMs = 600_000
const freshAlpha = 0.55

function drawLeg(pen: Pen, scene: Scene, [from, to]: readonly [Fix, Fix], expectedMs: number): void {
  const { projection, city, u } = scene
  const age = city.moment.nowMs - to.measuredAtMs
  if (age > trailMs) return
  pen.globalAlpha = freshAlpha * (1 - age / trailMs)
  pen.setLineDash(legBetween(from, to, expectedMs) === 'jump' ? [u * 0.04, u * 0.16] : [])
  pen.beginPath()
  pen.moveTo(projection.x(from.lon), projection.y(from.lat))
  pen.lineTo(projection.x(to.lon), projection.y(to.lat))
  pen.stroke()
}

/** Ways driven in the last ten minutes, fading; dotted where nothing was heard on the way. */
export function drawTrails(pen: Pen, scene: Scene, tracks: Tracks, movers: readonly SeenDevice[]): void {
  if (movers.length > maxTrails) return
  pen.save()
  pen.strokeStyle = scene.palette.normal
  pen.lineWidth = Math.max(1, scene.u * 0.05)
  for (const mover of movers) {
    // The last leg is still being driven on the screen.
    const track = tracks.of(mover.id).slice(0, -1)
    for (const [i, to] of track.entries()) {
      const from = track[i - 1]
      if (from !== undefined) drawLeg(pen, scene, [from, to], mover.expectedMs)
    }
  }
  pen.restore()
}
