import type { Basemap } from './basemap-gl.ts'
import type { Scene } from './scene.ts'

/** Which renderer draws the ground; `lite` when the browser has no WebGL2, or lost it. */
export type GroundRenderer = 'gl' | 'lite'

/** MapLibre's sheet. Its code is fetched when it is drawn first. */
export interface GlGround {
  /** Draws the ground as soon as it can, if it may. */
  draw(ground: Scene): void
  /** How often MapLibre has drawn; 0 without it. */
  draws(): number
  close(): void
}

const retryMs = 30_000

export function createGlGround(options: {
  container: HTMLElement
  /** The plain canvas is to stay. */
  forceLite: boolean
  onRenderer: (renderer: GroundRenderer) => void
}): GlGround {
  const host = document.createElement('div')
  host.className = 'map-sheet map-gl'
  options.container.append(host)
  let gl: Basemap | undefined
  let wanted: Scene | undefined
  let round = 0
  let again: ReturnType<typeof setTimeout> | undefined
  let isAllowed = !options.forceLite
  let closed = false

  /** The plain canvas is always there beneath; it shows as soon as MapLibre does not. */
  function closeGl(): void {
    gl?.close()
    gl = undefined
    host.dataset.ready = 'false'
    options.onRenderer('lite')
  }

  function fallBack(): void {
    isAllowed = false
    closeGl()
  }

  /** Its code or its worker did not arrive: the server is away, and may come back. */
  function tryLater(): void {
    // What fails may be said late. Nobody would ever close a map that came about now.
    if (closed) return
    closeGl()
    clearTimeout(again)
    again = setTimeout(() => {
      if (wanted !== undefined) draw(wanted)
    }, retryMs)
  }

  async function open(ground: Scene): Promise<void> {
    const mine = ++round
    const library = await import('./basemap-gl.ts')
    if (mine !== round) return
    if (!library.hasWebGl2()) {
      fallBack()
      return
    }
    gl?.close()
    host.dataset.ready = 'false'
    gl = library.openGlBasemap({
      container: host,
      ...ground,
      onReady: () => {
        if (mine !== round) return
        host.dataset.ready = 'true'
        options.onRenderer('gl')
      },
      onLost: fallBack,
      onFailed: () => {
        // MapLibre is in the middle of telling its listeners.
        if (mine === round) setTimeout(tryLater)
      },
    })
  }

  function draw(ground: Scene): void {
    wanted = ground
    if (isAllowed) open(ground).catch(tryLater)
  }

  return {
    draw,
    draws: () => gl?.draws() ?? 0,
    close() {
      closed = true
      round++
      clearTimeout(again)
      gl?.close()
    },
  }
}
