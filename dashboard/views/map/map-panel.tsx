import { useEffect, useMemo, useRef, useState } from 'react'
import type { CityView, SeenDevice } from '../../core/city/city.ts'
import { type Glass, seamsOf } from '../../core/wall/display-geometry.ts'
import { pictureRect } from '../../frame/picture-rect.ts'
import { boundsOf, type Cluster } from '../../map/crowd.ts'
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
import { useCityMap } from './use-city-map.ts'
import { useCloseUp } from './use-close-up.ts'

/** What of a scene changes only with the page. */
type Ground = Omit<Scene, 'city' | 'label' | 'focusedId'>

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
  const ground = useRef<Ground | undefined>(undefined)
  const near = useCloseUp()
  const [clustered, setClustered] = useState(false)
  const clusters = useRef<readonly Cluster[]>([])
  const { host, size, list, map, objects, renderer, pointed } = useCityMap({
    onOpen: focus.show,
    onOpenCluster: (cluster) => near.show(boundsOf(cluster)),
    failed,
  })
  const ready = size.width > 0

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
