import '../../../styles/rivers.css'
import type { SeenDevice } from '../../../core/city.ts'
import { property } from '../../../core/site.ts'
import { useCore, useObservable } from '../../../ui/core-context.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { Panels, type ScreenProps } from '../panels.tsx'
import { RiverPanel } from './river-panel.tsx'

const isGauge = (device: SeenDevice): boolean => device.profile === 'river-gauge'

/** S4: which river rises, how fast, and what that means at each post. */
export function RiversScreen({ glass, only }: ScreenProps) {
  const { rivers } = useObservable(useCore().site)
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
