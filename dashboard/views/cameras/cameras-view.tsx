import './cameras.css'
import { useMemo } from 'react'
import type { SeenDevice } from '../../core/city/city.ts'
import { CountsPanel } from '../../frame/counts-panel.tsx'
import { Panels, type ViewProps } from '../../frame/panels.tsx'
import { useCity, useText } from '../../ui/core-context.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { MatrixPanel } from './matrix-panel.tsx'
import { OutagesPanel } from './outages-panel.tsx'

const isCamera = (device: SeenDevice): boolean => device.kind === 'cctv'

const everything = ['matriks', 'peta', 'gangguan', 'jumlah']
const shown = {
  single: everything,
  desk: everything,
  focus: ['matriks', 'jumlah'],
  phone: ['jumlah', 'gangguan', 'matriks', 'peta'],
}

const tiled = [
  { name: 'matriks', likes: 2, most: 5 },
  { name: 'peta', likes: 2, most: 32, spreads: true },
  { name: 'gangguan', likes: 1, most: 1 },
  { name: 'jumlah', likes: 1, most: 1 },
]

/** Which eyes are blind? */
export function CamerasView({ glass, only }: ViewProps) {
  const text = useText()
  const city = useCity()
  const cameras = useMemo(() => city.devices.filter(isCamera), [city.devices])
  return (
    <Panels
      glass={glass}
      only={only}
      shown={shown}
      tiled={tiled}
      of={{
        matriks: <MatrixPanel key="matriks" devices={cameras} />,
        peta: <MapPanel key="peta" glass={glass} only={isCamera} />,
        gangguan: <OutagesPanel key="gangguan" only={isCamera} scrolls={glass.layout === 'phone'} />,
        jumlah: (
          <CountsPanel
            key="jumlah"
            title={text.t('cctv.counts')}
            word={text.t('tile.cctv.word')}
            devices={cameras}
            camera
          />
        ),
      }}
    />
  )
}
