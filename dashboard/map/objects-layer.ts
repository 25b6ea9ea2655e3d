import { hasCondition } from '../../domain/alarms/condition.ts'
import type { SeenDevice } from '../core/city/city.ts'
import type { Tracks } from '../core/movement/tracks.ts'
import { drawCluster, drawCount } from './cluster-marks.ts'
import type { Cluster, Crowd } from './crowd.ts'
import { createDeviceLabels, type DeviceLabels, drawLabel } from './device-labels.ts'
import type { PlacedMark } from './label-placement.ts'
import type { LabelSpace } from './labels.ts'
import { markOf } from './mark.ts'
import { drawFocus, drawMark } from './marks.ts'
import type { MoverPosition } from './mover-position.ts'
import type { Scene } from './scene.ts'
import { drawTrails } from './trails.ts'

export interface ObjectsLayer {
  draw(scene: Scene, crowd: Crowd, background: LabelSpace): void
  labels: Pick<DeviceLabels, 'of' | 'ids' | 'covered'>
}

/** The ring of a choice lies close around a cluster, which is large. */
const focusEm = 1.8

const isWell = (device: SeenDevice): boolean => !hasCondition(device)

/** Clusters as labels see them: their numbers must stay in sight. */
function groupMarks({ clusters }: Crowd): PlacedMark[] {
  return clusters.map(({ id, x, y, radius, worst }) => ({
    id,
    x,
    y,
    reach: radius,
    class: hasCondition(worst) ? 'wrong' : 'moving',
    travel: { dx: 0, dy: 0 },
  }))
}

/** Fixed devices, clusters, trails, and the place of every device's label; drawn once a second at most. */
export function createObjectsLayer(options: {
  pen: CanvasRenderingContext2D
  tracks: Tracks
  position: MoverPosition
}): ObjectsLayer {
  const { pen, tracks, position } = options
  const labels = createDeviceLabels({ pen, position })

  function drawFixed(device: SeenDevice, scene: Scene): void {
    const mark = markOf(device, scene)
    if (mark === undefined) return
    drawMark(pen, mark, scene.palette)
    if (device.id === scene.focusedId) drawFocus(pen, mark, scene.palette)
    drawLabel(pen, mark, labels.of(device.id), scene, device)
  }

  function drawMarks(fixed: readonly SeenDevice[], clusters: readonly Cluster[], scene: Scene): void {
    for (const cluster of clusters) drawCluster(pen, cluster, scene)
    for (const device of fixed.filter(isWell)) drawFixed(device, scene)
    for (const cluster of clusters) drawCount(pen, cluster, scene)
    const chosen = clusters.find(({ id }) => id === scene.focusedId)
    if (chosen !== undefined) drawFocus(pen, { ...chosen, radius: chosen.radius / focusEm }, scene.palette)
    // What is wrong lies uppermost.
    for (const device of fixed.filter(hasCondition)) drawFixed(device, scene)
  }

  return {
    labels,
    draw(scene, crowd, background) {
      const { width, height } = scene.projection.size
      pen.clearRect(0, 0, width, height)
      const { alone } = crowd
      labels.place(scene, { alone, groups: groupMarks(crowd), background })
      const movers = alone.filter((device) => device.look.moving)
      const fixed = alone.filter((device) => !device.look.moving)
      drawTrails(pen, scene, tracks, movers)
      drawMarks(fixed, crowd.clusters, scene)
    },
  }
}
