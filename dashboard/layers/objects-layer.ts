import type { SeenDevice } from '../core/city.ts'
import type { Tracks } from '../core/tracks.ts'
import { createDeviceLabels, type DeviceLabels, drawLabel } from './device-labels.ts'
import type { LabelSpace } from './labels.ts'
import { drawFocus, drawMark, markOf } from './marks.ts'
import type { Scene } from './scene.ts'
import { drawTrails } from './trails.ts'

export interface ObjectsLayer {
  draw(scene: Scene, background: LabelSpace): void
  labels: Pick<DeviceLabels, 'of' | 'covered'>
}

/** Fixed devices, trails, and the place of every device's label; drawn once a second at most. */
export function createObjectsLayer(options: { pen: CanvasRenderingContext2D; tracks: Tracks }): ObjectsLayer {
  const { pen, tracks } = options
  const labels = createDeviceLabels({ pen })

  function drawFixed(device: SeenDevice, scene: Scene): void {
    const mark = markOf(device, scene)
    if (mark === undefined) return
    drawMark(pen, mark, scene.palette)
    if (device.id === scene.focusedId) drawFocus(pen, mark, scene.palette)
    drawLabel(pen, mark, labels.of(device.id), scene, device)
  }

  return {
    labels,
    draw(scene, background) {
      const { width, height } = scene.projection.size
      pen.clearRect(0, 0, width, height)
      labels.place(scene, background)
      const { devices } = scene.city
      const movers = devices.filter((device) => device.look.moving)
      drawTrails(pen, scene, tracks, movers)
      for (const device of devices) if (!device.look.moving) drawFixed(device, scene)
    },
  }
}
