import './rivers.css'
import { property } from '../../../domain/geo/geojson.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { Panels, type ScreenProps } from '../../frame/panels.tsx'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { RiverPanel } from './river-panel.tsx'

const isGauge = (device: SeenDevice): boolean => device.profile === 'river-gauge'

/** Which river rises, how fast, and what that means at each post. */
export function RiversScreen({ glass, only }: ScreenProps) {
  const text = useText()
  const { rivers, loaded } = useObservable(useCore().site)
  // Which panels there are is not known before.
  if (!loaded) return <p className="calm panel-wait">{text.t('site.loading')}</p>
  const ids = rivers.map((river) => property(river, 'id'))
  const columns = rivers.map((river) => {
    const id = property(river, 'id')
    return [id, <RiverPanel key={id} riverId={id} name={property(river, 'name')} />]
  })
  const of = { ...Object.fromEntries(columns), peta: <MapPanel key="peta" glass={glass} only={isGauge} /> }
  const names = ids.length === 0 ? ['peta'] : ids
  const shown = { single: names, desk: names, focus: names, phone: names }
  const tiled = [
    ...ids.map((name) => ({ name, likes: 2, most: 2 })),
    { name: 'peta', likes: 1, most: 32, spreads: true, spare: true },
  ]
  return <Panels glass={glass} only={only} of={of} shown={shown} tiled={tiled} />
}
