import './fleet.css'
import { useMemo } from 'react'
import type { SeenDevice } from '../../core/city/city.ts'
import { CountsPanel } from '../../frame/counts-panel.tsx'
import { Panels, type ViewProps } from '../../frame/panels.tsx'
import { useCity, useText } from '../../ui/core-context.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { FleetPanel } from './fleet-panel.tsx'
import { StripsPanel } from './strips-panel.tsx'
import { useBusLines } from './use-bus-lines.ts'

const isBus = (device: SeenDevice): boolean => device.kind === 'bus'

const shown = {
  single: ['peta', 'jalur'],
  desk: ['peta', 'jalur', 'jumlah', 'armada'],
  focus: ['jalur', 'jumlah'],
  phone: ['jumlah', 'jalur', 'armada', 'peta'],
}

const tiled = [
  { name: 'peta', likes: 2, most: 32, spreads: true },
  { name: 'jalur', likes: 2, most: 3 },
  { name: 'jumlah', likes: 1, most: 1 },
  { name: 'armada', likes: 1, most: 1 },
]

/** Are the buses running, and evenly spaced? */
export function FleetView({ glass, only }: ViewProps) {
  const text = useText()
  const city = useCity()
  const buses = useMemo(() => city.devices.filter(isBus), [city.devices])
  const lines = useBusLines(buses)
  return (
    <Panels
      glass={glass}
      only={only}
      shown={shown}
      tiled={tiled}
      of={{
        peta: <MapPanel key="peta" glass={glass} only={isBus} routes />,
        jalur: <StripsPanel key="jalur" lines={lines} />,
        jumlah: (
          <CountsPanel key="jumlah" title={text.t('fleet.counts')} word={text.t('tile.bus.word')} devices={buses} />
        ),
        armada: <FleetPanel key="armada" buses={buses} lines={lines} scrolls={glass.layout === 'phone'} />,
      }}
    />
  )
}
