import './rivers.css'
import { property } from '../../../domain/geo/geojson.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { Panels, type ViewProps } from '../../frame/panels.tsx'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { PartedPanel } from '../../ui/panel.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { RiverPanel } from './river-panel.tsx'

const isGauge = (device: SeenDevice): boolean => device.profile === 'river-gauge'

/** Which river rises, how fast, and what that means at each post. */
export function RiversView({ glass, only }: ViewProps) {
  const text = useText()
  const { rivers, loaded, missing } = useObservable(useCore().site)
  // Which panels there are is not known before.
  if (!loaded) return <p className="calm panel-wait">{text.t('site.loading')}</p>
  if (rivers.length === 0) return <NoRivers glass={glass} only={only} failed={missing.includes('rivers')} />
  const ids = rivers.map((river) => property(river, 'id'))
  const columns = rivers.map((river) => {
    const id = property(river, 'id')
    return [id, <RiverPanel key={id} riverId={id} name={property(river, 'name')} />]
  })
  const of = { ...Object.fromEntries(columns), peta: <MapPanel key="peta" glass={glass} only={isGauge} /> }
  const shown = { single: ids, desk: ids, focus: ids, phone: ids }
  const tiled = [
    ...ids.map((name) => ({ name, likes: 2, most: 2 })),
    { name: 'peta', likes: 1, most: 32, spreads: true, spare: true },
  ]
  return <Panels glass={glass} only={only} of={of} shown={shown} tiled={tiled} />
}

const withoutRivers = ['sungai', 'peta']
const shownWithoutRivers = {
  single: withoutRivers,
  desk: withoutRivers,
  focus: withoutRivers,
  phone: withoutRivers,
}
const tiledWithoutRivers = [
  { name: 'sungai', likes: 1, most: 1 },
  { name: 'peta', likes: 1, most: 32, spreads: true },
]

/** Why there is nothing to watch, beside the map of the gauges that there may be. */
function NoRivers({ failed, ...props }: ViewProps & { failed: boolean }) {
  const text = useText()
  const words = (
    <p key="none" className="calm">
      {text.t(failed ? 'rivers.notLoaded' : 'rivers.none')}
    </p>
  )
  const of = {
    sungai: <PartedPanel key="sungai" name="river" title={text.t('view.banjir')} parts={[words]} />,
    peta: <MapPanel key="peta" glass={props.glass} only={isGauge} />,
  }
  return <Panels {...props} of={of} shown={shownWithoutRivers} tiled={tiledWithoutRivers} />
}
