const everyMs = 60_000
const reachPx = 4

/**
 * How far the whole picture is moved at a moment, whole pixels, so that no edge stays on the same row of the panel for weeks.
 * It goes around a square, a pixel a minute.
 */
export function orbitAt(nowMs: number): { x: number; y: number } {
  const side = 2 * reachPx
  const step = Math.floor(nowMs / everyMs) % (4 * side)
  const along = (step % side) - reachPx
  switch (Math.floor(step / side)) {
    case 0:
      return { x: along, y: -reachPx }
    case 1:
      return { x: reachPx, y: along }
    case 2:
      return { x: -along, y: reachPx }
    default:
      return { x: -reachPx, y: -along }
  }
}
