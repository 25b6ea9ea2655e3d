import { Panels, type ViewProps } from '../../frame/panels.tsx'
import { MapPanel } from '../map/map-panel.tsx'
import { AttentionPanel } from './attention-panel.tsx'
import { ProfilesPanel } from './profiles-panel.tsx'
import { Tiles } from './tiles.tsx'

const everything = ['peta', 'ringkasan', 'perhatian', 'perangkat']
const shown = {
  desk: everything,
  phone: everything,
  single: ['peta', 'ringkasan', 'perhatian'],
  focus: ['peta', 'ringkasan'],
}

const tiled = [
  { name: 'peta', likes: 2, most: 32, spreads: true },
  { name: 'ringkasan', likes: 2, most: 4 },
  { name: 'perhatian', likes: 1, most: 1 },
  { name: 'perangkat', likes: 1, most: 1 },
]

/** Is anything wrong, where, and can the picture be trusted? */
export function OverviewView({ glass, only }: ViewProps) {
  return (
    <Panels
      glass={glass}
      only={only}
      shown={shown}
      tiled={tiled}
      of={{
        peta: <MapPanel key="peta" glass={glass} />,
        ringkasan: <Tiles key="ringkasan" layout={glass.layout} />,
        perhatian: <AttentionPanel key="perhatian" layout={glass.layout} />,
        perangkat: <ProfilesPanel key="perangkat" />,
      }}
    />
  )
}
