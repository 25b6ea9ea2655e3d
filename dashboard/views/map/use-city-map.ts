import { type RefObject, useEffect, useRef, useState } from 'react'
import { type CityMap, createCityMap } from '../../map/city-map.ts'
import type { Cluster } from '../../map/crowd.ts'
import type { GroundRenderer } from '../../map/gl-ground.ts'
import { createObjectList, type ObjectList } from '../../map/object-list.ts'
import type { Size } from '../../map/projection.ts'
import { useCore } from '../../ui/core-context.tsx'

function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const target = element.current
    if (target === null) return
    const observer = new ResizeObserver(() => setSize({ width: target.clientWidth, height: target.clientHeight }))
    observer.observe(target)
    return () => observer.disconnect()
  }, [element])
  return size
}

const stillWanted = matchMedia('(prefers-reduced-motion: reduce)')
// Asked for each mover in each frame; asking the browser costs more than all else that is worked out for it.
let isStillWanted = stillWanted.matches
stillWanted.addEventListener('change', ({ matches }) => {
  isStillWanted = matches
})
const reducedMotion = () => isStillWanted

interface MapOnPage {
  /** The element that the map stands in. */
  host: RefObject<HTMLDivElement | null>
  /** Of `host`. */
  size: Size
  list: RefObject<HTMLUListElement | null>
  map: RefObject<CityMap | null>
  objects: RefObject<ObjectList | null>
  renderer: GroundRenderer
  /** The device or cluster that the keyboard stands on. */
  pointed: string | null
}

/** Keeps a map and the list of its objects in the page, and opens what is chosen in either. */
export function useCityMap(options: {
  onOpen: (next: { device: string }) => void
  /** The first one given is kept. */
  onOpenCluster: (cluster: Cluster) => void
  failed: (error: unknown) => void
}): MapOnPage {
  const { failed } = options
  const core = useCore()
  const host = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const map = useRef<CityMap>(null)
  const objects = useRef<ObjectList>(null)
  const open = useRef(options.onOpen)
  open.current = options.onOpen
  const openCluster = useRef(options.onOpenCluster)
  const [renderer, setRenderer] = useState<GroundRenderer>('gl')
  const [pointed, setPointed] = useState<string | null>(null)
  const size = useSize(host)

  useEffect(() => {
    if (host.current === null || list.current === null) return
    const search = new URLSearchParams(location.search)
    const made = createCityMap({
      container: host.current,
      tracks: core.tracks,
      reducedMotion,
      forceLite: search.get('renderer') === '2d',
      onRenderer: setRenderer,
    })
    map.current = made
    objects.current = createObjectList({
      list: list.current,
      onFocus: (id) => setPointed(id ?? null),
      onOpen: (id) => open.current({ device: id }),
      onOpenCluster: openCluster.current,
    })
    const element = host.current
    const onClick = (event: MouseEvent) => {
      const box = element.getBoundingClientRect()
      // A wall may be shown smaller than it is.
      const scale = box.width / element.offsetWidth
      const hit = made.at((event.clientX - box.left) / scale, (event.clientY - box.top) / scale)
      if (hit === undefined) return
      if ('cluster' in hit) openCluster.current(hit.cluster)
      else open.current(hit)
    }
    element.addEventListener('click', onClick)
    const stop = core.frames.add(() => {
      if (made.frame(core.clock.nowMs())) objects.current?.painted(Date.now())
    }, failed)
    // Tests ask what is on the canvas.
    if (search.has('e2e')) {
      const { drawn, labels, groundDraws } = made
      const asked = { drawn, labels, groundDraws, frames: core.frames.frames }
      Object.assign(globalThis, { __bcc: asked })
    }
    return () => {
      element.removeEventListener('click', onClick)
      stop()
      made.close()
      objects.current?.close()
    }
  }, [core, failed])

  return { host, size, list, map, objects, renderer, pointed }
}
