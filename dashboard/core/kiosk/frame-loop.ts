/** Draws on the browser's frames, paced: what moves 1.5 px a second needs no more than this. */
export interface FrameLoop {
  /**
   * Adds a drawer; it is called on each paced frame. One that throws is taken out and told so, and the others draw on.
   * Returns a way to take it out.
   */
  add(draw: () => void, failed: (error: unknown) => void): () => void
  /** Paced frames so far. */
  frames(): number
  /** When the last of them was drawn, on the page's monotonic clock, ms. */
  lastAtMs(): number
  stop(): void
}

const everyMs = 66

export function startFrameLoop(): FrameLoop {
  const drawers = new Map<() => void, (error: unknown) => void>()
  let last = Number.NEGATIVE_INFINITY
  let frames = 0
  let request = requestAnimationFrame(frame)

  function frame(nowMs: number): void {
    request = requestAnimationFrame(frame)
    if (nowMs - last < everyMs - 4) return
    last = nowMs
    frames++
    for (const [draw, failed] of drawers) {
      try {
        draw()
      } catch (error) {
        drawers.delete(draw)
        failed(error)
      }
    }
  }

  return {
    add(draw, failed) {
      drawers.set(draw, failed)
      return () => void drawers.delete(draw)
    },
    frames: () => frames,
    lastAtMs: () => (frames === 0 ? 0 : last),
    stop: () => cancelAnimationFrame(request),
  }
}
