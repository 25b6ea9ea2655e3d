import { hasCondition } from '../../domain/alarms/condition.ts'
import type { SeenDevice } from '../core/city/city.ts'
import type { Cluster } from './crowd.ts'
import { drawMark } from './marks.ts'
import { mapFont, mapFontPx, markRadius, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

type Share = 'troubled' | 'silent' | 'live'

/** As single marks are drawn: what is stale has no colour of its own. */
function shareOf(device: SeenDevice): Share {
  if (device.state === 'stale' || device.state === 'unknown' || device.state === 'disabled') return 'silent'
  return hasCondition(device) ? 'troubled' : 'live'
}

/** Arcs of the ring in turns, from the top: what is wrong, what nothing is known of, what works. */
function arcs(members: readonly SeenDevice[]): { share: Share; turns: number }[] {
  const order: readonly Share[] = ['troubled', 'silent', 'live']
  return order.map((share) => ({
    share,
    turns: members.filter((one) => shareOf(one) === share).length / members.length,
  }))
}

function drawRing(pen: Pen, { x, y, radius, members }: Cluster, scene: Scene): void {
  const width = Math.max(2, mapFontPx(scene.u) * 0.16)
  let from = -Math.PI / 2
  for (const { share, turns } of arcs(members)) {
    if (turns === 0) continue
    const to = from + turns * 2 * Math.PI
    pen.beginPath()
    pen.arc(x, y, radius - width / 2, from, to)
    pen.lineWidth = share === 'troubled' ? width * 1.5 : width
    pen.strokeStyle = share === 'troubled' ? scene.palette.attention : scene.palette.normal
    pen.setLineDash(share === 'silent' ? [width, width] : [])
    pen.stroke()
    from = to
  }
  pen.setLineDash([])
}

/** The number of its devices; above marks of other kinds that may stand there. */
export function drawCount(pen: Pen, { x, y, members }: Cluster, scene: Scene): void {
  pen.save()
  pen.font = mapFont(scene.u)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  pen.lineWidth = mapFontPx(scene.u) * 0.3
  pen.strokeStyle = scene.palette.ground
  pen.fillStyle = scene.palette.text
  const middle = y + mapFontPx(scene.u) * 0.06
  pen.strokeText(String(members.length), x, middle)
  pen.fillText(String(members.length), x, middle)
  pen.restore()
}

/** A disc with a ring by the states of its devices, and on top of it the mark of the worst. */
export function drawCluster(pen: Pen, cluster: Cluster, scene: Scene): void {
  const { x, y, radius, worst } = cluster
  pen.save()
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.fillStyle = scene.palette.ground
  pen.fill()
  drawRing(pen, cluster, scene)
  pen.restore()
  const mark = { x, y: y - radius, radius: markRadius(scene.u) * 0.85 }
  pen.save()
  pen.beginPath()
  pen.arc(mark.x, mark.y, mark.radius * 1.4, 0, 2 * Math.PI)
  pen.fillStyle = scene.palette.ground
  pen.fill()
  pen.restore()
  drawMark(pen, { ...mark, marker: worst.look.marker, state: worst.state, headingDeg: undefined }, scene.palette)
}
