import { useEffect, useMemo, useRef, useState } from 'react'
import type { CityView, SeenDevice } from '../../core/city/city.ts'
import { type Glass, seamsOf } from '../../core/wall/display-geometry.ts'
import { pictureRect } from '../../frame/picture-rect.ts'
import { type CityMap, createCityMap } from '../../map/city-map.ts'
import { boundsOf, type Cluster } from '../../map/crowd.ts'
import type { GroundRenderer } from '../../map/gl-ground.ts'
import { createObjectList, type ObjectList } from '../../map/object-list.ts'
import { fitProjection } from '../../map/projection.ts'
import { readPalette } from '../../map/read-palette.ts'
import type { Scene } from '../../map/scene.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { PanelBoundary, useFault } from '../../ui/panel.tsx'
import { placeStyle, usePlaces } from '../../ui/place.tsx'
import { spokenName } from '../../ui/spoken-name.ts'
import { mapBounds } from './map-bounds.ts'
import { MapLegend } from './map-legend.tsx'
import { clusterWords, mapLabel } from './map-words.ts'
import { useCloseUp } from './use-close-up.ts'

function useSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
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

/** What of a scene changes only with the page. */
type Ground = Omit<Scene, 'city' | 'label' | 'focusedId'>

const stillWanted = matchMedia('(prefers-reduced-motion: reduce)')
// Asked for each mover in each frame; asking the browser costs more than all else that is worked out for it.
let isStillWanted = stillWanted.matches
stillWanted.addEventListener('change', ({ matches }) => {
  isStillWanted = matches
})
const reducedMotion = () => isStillWanted

/** The city with those devices alone that a map is about. */
function useCityOf(only: ((device: SeenDevice) => boolean) | undefined): CityView {
  const city = useCity()
  return useMemo(() => {
    if (only === undefined) return city
    const devices = city.devices.filter(only)
    return { ...city, devices, byId: new Map(devices.map((device) => [device.id, device])) }
  }, [city, only])
}

/**
 * The city's map, with all its devices or only some. `only` must be the same function from one drawing to the next.
 * `routes`: also the ways of the buses.
 */
export function MapPanel(props: { glass: Glass; only?: (device: SeenDevice) => boolean; routes?: boolean }) {
  const { glass, only, routes = false } = props
  const place = usePlaces()?.[0]
  const u = place?.u ?? glass.u
  const core = useCore()
  const text = useText()
  const city = useCityOf(only)
  const site = useObservable(core.site)
  const theme = useObservable(core.preferences.theme)
  const focus = useFocus()
  const failed = useFault()
  const host = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const map = useRef<CityMap>(null)
  const objects = useRef<ObjectList>(null)
  const ground = useRef<Ground | undefined>(undefined)
  const open = useRef(focus.show)
  open.current = focus.show
  const near = useCloseUp()
  const openCluster = useRef((cluster: Cluster) => near.show(boundsOf(cluster)))
  const [clustered, setClustered] = useState(false)
  const clusters = useRef<readonly Cluster[]>([])
  const [renderer, setRenderer] = useState<GroundRenderer>('gl')
  const [pointed, setPointed] = useState<string | null>(null)
  const size = useSize(host)
  const ready = size.width > 0

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

  const makeGround = (): Ground | undefined => {
    if (!ready || host.current === null) return undefined
    const margin = { width: u, height: u }
    return {
      site,
      routes,
      u,
      palette: readPalette(document.documentElement),
      projection: fitProjection(near.bounds ?? mapBounds(site, city.devices), size, margin),
      seams: seamsOf(pictureRect(host.current), glass),
    }
  }
  const sceneOn = (still: Ground): Scene => ({
    ...still,
    city,
    label: (device) => mapLabel(device, text, city.moment),
    focusedId: pointed ?? focus.device,
  })

  const show = (still: Ground | undefined) => {
    const crowd = still === undefined ? undefined : map.current?.setCity(sceneOn(still))
    clusters.current = crowd?.clusters ?? []
    setClustered(clusters.current.length > 0)
    objects.current?.update(
      city.devices,
      {
        name: (device) => spokenName(device, text, city.moment),
        cluster: (cluster) => clusterWords(cluster, text),
        language: text.language,
      },
      crowd,
    )
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ground is drawn anew only when one of these changes.
  useEffect(() => {
    const fonts = Promise.all([400, 700].map((weight) => document.fonts.load(`${weight} 16px "Noto Sans"`)))
    let outdated = false
    const draw = () => {
      const next = makeGround()
      if (outdated || next === undefined) return
      ground.current = next
      map.current?.setGround(sceneOn(next))
      show(next)
    }
    fonts.then(draw).catch(failed)
    return () => {
      outdated = true
    }
  }, [size, site, theme, glass, ready, city.presence === 'never', routes, near.bounds])

  useEffect(() => show(ground.current))

  return (
    <section className="panel panel-map" aria-label={text.t('map.title')} style={placeStyle(place)}>
      <PanelBoundary>
        <div className="map-host" ref={host} />
        {near.bounds !== undefined && <WholeCity key={near.bounds.join()} onLeave={near.leave} />}
        <MapLegend renderer={renderer} missing={site.missing} clustered={clustered} />
        <h3 className="hidden-text">{text.t('map.objects')}</h3>
        <ul className="object-list" ref={list} />
        {pointed !== null && <PointedName id={pointed} clusters={clusters.current} />}
      </PanelBoundary>
    </section>
  )
}

/** The way back from a close look; the keyboard goes on from here, for what it stood on may be gone. */
function WholeCity({ onLeave }: { onLeave: () => void }) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus({ preventScroll: true }), [])
  return (
    <button type="button" className="map-whole" ref={button} onClick={onLeave}>
      {useText().t('map.whole')}
    </button>
  )
}

/** The name of the device or cluster that the keyboard stands on. */
function PointedName({ id, clusters }: { id: string; clusters: readonly Cluster[] }) {
  const text = useText()
  const city = useCity()
  const device = city.byId.get(id)
  const cluster = clusters.find((one) => one.id === id)
  if (device === undefined && cluster === undefined) return null
  return (
    <p className="map-pointed" aria-hidden="true">
      {device !== undefined && spokenName(device, text, city.moment)}
      {cluster !== undefined && clusterWords(cluster, text)}
    </p>
  )
}
