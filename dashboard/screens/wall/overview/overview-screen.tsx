import { MapPanel } from '../map/map-panel.tsx'
import { Panels, type ScreenProps } from '../panels.tsx'
import { AttentionPanel } from './attention-panel.tsx'
import { ProfilesPanel } from './profiles-panel.tsx'
import { Tiles } from './tiles.tsx'

const everything = ['peta', 'ringkasan', 'perhatian', 'perangkat']
const shown = {
  wide: everything,
  desk: everything,
  phone: everything,
  single: ['peta', 'ringkasan', 'perhatian'],
  focus: ['peta', 'ringkasan'],
}

/** S1: is anything wrong, where, and can the picture be trusted? */
export function OverviewScreen({ glass, only }: ScreenProps) {
  return (
    <Panels
      glass={glass}
      only={only}
      shown={shown}
      of={{
        peta: <MapPanel key="peta" glass={glass} />,
        ringkasan: <Tiles key="ringkasan" layout={glass.layout} />,
        perhatian: <AttentionPanel key="perhatian" scrolls={glass.layout === 'phone'} />,
        perangkat: <ProfilesPanel key="perangkat" />,
      }}
    />
  )
}
