import { type CSSProperties, useMemo } from 'react'
import { worstPost } from '../../../domain/rivers/river-posts.ts'
import { bySubject, type Subject } from '../../../domain/subject.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { unknown } from '../../core/city/known.ts'
import { highest } from '../../core/city/readouts.ts'
import { type Coverage, coverage } from '../../core/city/summary.ts'
import { createRiverGroups, type RiverGauges } from '../../core/rivers/rivers.ts'
import type { Translator } from '../../core/text/translate.ts'
import type { WallLayout } from '../../core/wall/display-geometry.ts'
import { type PanelPlace, spreadOver } from '../../core/wall/panel-layout.ts'
import { CoverageLine, NoneOf, Units } from '../../frame/coverage.tsx'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { ManualValue } from '../../ui/manual-value.tsx'
import { placeStyle, usePlaces } from '../../ui/place.tsx'
import { ShortPlate } from '../../ui/siaga.tsx'
import { Value } from '../../ui/value.tsx'
import { FlowTile, SystemTile } from './system-tiles.tsx'
import { Tile } from './tile.tsx'

type Group = { devices: readonly SeenDevice[] }

/** Highest present value of a metric in a group, as one line. */
function Peak({ devices, metric, title }: Group & { metric: string; title: string }) {
  const city = useCity()
  const found = highest(city, devices, metric)
  return (
    <p className="readout">
      <span className="readout-name">{title}</span>
      <Value live={found?.live} metric={metric} brief />
    </p>
  )
}

function BusTile({ devices }: Group) {
  const text = useText()
  return (
    <Tile name="bus" title={text.t('tile.bus')} subject="bus">
      <CoverageLine coverage={coverage(useCity(), devices)} word={text.t('tile.bus.word')} />
      <Units devices={devices} />
    </Tile>
  )
}

function CctvTile({ devices }: Group) {
  const text = useText()
  return (
    <Tile name="cctv" title={text.t('tile.cctv')} subject="cctv">
      <CoverageLine coverage={coverage(useCity(), devices)} word={text.t('tile.cctv.word')} />
      <Units devices={devices} />
    </Tile>
  )
}

function RiverLine({ river }: { river: RiverGauges }) {
  const text = useText()
  const city = useCity()
  const found = highest(city, river.gauges, 'water_level_m')
  const waters = useObservable(useCore().waters).filter(({ post }) => post.riverId === river.id)
  const worst = worstPost(waters)
  const name = river.name === '' ? text.t('tile.water.other') : river.name.replace(/^Sungai /, '')
  return (
    <li className="readout" data-river={river.id}>
      <span className="readout-name">{name}</span>
      {worst !== undefined && worst.siaga !== 4 && <ShortPlate siaga={worst.siaga} />}
      {worst?.byHand ? (
        <ManualValue manual={worst.gauge?.manual ?? null} metric="water_level_m" besides={false} />
      ) : (
        <Value live={worst?.gauge?.metrics.get('water_level_m') ?? found?.live} metric="water_level_m" always brief />
      )}
    </li>
  )
}

/** `8/9 pos`; nothing where there is none. */
function postsWords(
  { registered, live }: Coverage,
  text: Translator,
  words: 'tile.posts' | 'tile.stations',
): string | undefined {
  return registered === 0 || registered === unknown ? undefined : text.t(words, { share: text.share(live, registered) })
}

function WaterTile({ devices }: Group) {
  const text = useText()
  const site = useObservable(useCore().site)
  const groups = useMemo(() => createRiverGroups(site.rivers), [site.rivers])
  const rivers = groups(devices)
  const cover = coverage(useCity(), devices)
  const aside = postsWords(cover, text, 'tile.posts')
  return (
    <Tile name="water" title={text.t('tile.water')} subject="water" aside={aside}>
      {devices.length === 0 ? (
        <NoneOf presence={cover.presence} />
      ) : (
        <ul className="readouts" data-thin={cover.thin}>
          {rivers.map((river) => (
            <RiverLine key={river.id} river={river} />
          ))}
        </ul>
      )}
    </Tile>
  )
}

function WeatherTile({ devices }: Group) {
  const text = useText()
  const cover = coverage(useCity(), devices)
  const aside = postsWords(cover, text, 'tile.stations')
  return (
    <Tile name="weather" title={text.t('tile.weather')} subject="weather" aside={aside}>
      {devices.length === 0 ? (
        <NoneOf presence={cover.presence} />
      ) : (
        <div className="readouts" data-thin={cover.thin}>
          <Peak devices={devices} metric="rain_rate_mmh" title={text.t('tile.weather.rain')} />
          <Peak devices={devices} metric="rain_day_mm" title={text.t('tile.weather.day')} />
          <Peak devices={devices} metric="temperature_c" title={text.t('tile.weather.temperature')} />
        </div>
      )}
    </Tile>
  )
}

function NetworkTile({ devices }: Group) {
  const text = useText()
  return (
    <Tile name="network" title={text.t('tile.network')} subject="network">
      <CoverageLine coverage={coverage(useCity(), devices)} word={text.t('tile.network.word')} />
      <Units devices={devices} />
    </Tile>
  )
}

function SensorTile({ devices }: Group) {
  const text = useText()
  return (
    <Tile name="sensor" title={text.t('tile.sensor')} subject="sensor">
      <CoverageLine coverage={coverage(useCity(), devices)} word={text.t('tile.sensor.word')} />
      <Units devices={devices} />
    </Tile>
  )
}

const shown: Record<WallLayout, readonly (Subject | 'flow' | 'system')[]> = {
  tiled: ['bus', 'cctv', 'water', 'weather', 'network', 'sensor', 'flow', 'system'],
  desk: ['bus', 'cctv', 'water', 'weather', 'network', 'sensor', 'flow', 'system'],
  phone: ['bus', 'cctv', 'water', 'weather', 'network', 'sensor', 'flow', 'system'],
  single: ['bus', 'cctv', 'water', 'weather', 'network', 'sensor'],
  focus: ['bus', 'water', 'cctv'],
}

const tiles: Record<Subject, (props: Group) => React.ReactNode> = {
  bus: BusTile,
  cctv: CctvTile,
  water: WaterTile,
  weather: WeatherTile,
  network: NetworkTile,
  sensor: SensorTile,
}

/** What a tile needs at least, in cap heights. */
const tileWidthU = 13
const tileHeightU = 8.2
const defaultColumns = 2

const columnsOn = ({ width, u }: PanelPlace): number =>
  Math.min(defaultColumns, Math.max(1, Math.floor(width / u / tileWidthU)))
const roomOn = (place: PanelPlace): number =>
  columnsOn(place) * Math.max(1, Math.floor(place.height / place.u / tileHeightU))

function gridOf(place: PanelPlace | undefined, tilesThere: number): CSSProperties {
  if (place === undefined) return {}
  const columns = Math.min(columnsOn(place), Math.max(1, tilesThere))
  return { ...placeStyle(place), gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }
}

/** The state of the city in a handful of numbers. */
export function Tiles({ layout }: { layout: WallLayout }) {
  const text = useText()
  const city = useCity()
  const places = usePlaces()
  const groups = useMemo(() => bySubject(city.devices), [city.devices])
  const { parts } = spreadOver(shown[layout], places, roomOn)
  return parts.map((names, i) => (
    <section
      key={names[0] ?? i}
      className="tiles"
      style={gridOf(places?.[i], names.length)}
      aria-label={text.t('tiles.title')}
    >
      {names.map((name) => {
        if (name === 'flow') return <FlowTile key={name} />
        if (name === 'system') return <SystemTile key={name} />
        const Subject = tiles[name]
        return <Subject key={name} devices={groups[name]} />
      })}
    </section>
  ))
}
