import '../../ui/flow-texts.ts'
import './health.css'
import { Panels, type ViewProps } from '../../frame/panels.tsx'
import { DisplaysPanel } from './displays-panel.tsx'
import { DoorPanel } from './door-panel.tsx'
import { FlowPanel } from './flow-panel.tsx'
import { NetworkPanel } from './network-panel.tsx'
import { NotesPanel } from './notes-panel.tsx'
import { StorePanel } from './store-panel.tsx'
import { TrustPanel } from './trust-panel.tsx'

const everything = ['kepercayaan', 'aliran', 'penyimpan', 'jaringan', 'layar', 'pintu']
const shown = {
  single: everything,
  desk: everything,
  focus: ['kepercayaan', 'penyimpan'],
  phone: [...everything, 'catatan'],
}

const tiled = [
  ...everything.map((name) => ({ name, likes: 1, most: 1 })),
  { name: 'catatan', likes: 1, most: 1, spare: true },
]

/** Can the system be trusted, and what of it needs a hand? */
export function HealthView({ glass, only }: ViewProps) {
  return (
    <Panels
      glass={glass}
      only={only}
      shown={shown}
      tiled={tiled}
      of={{
        kepercayaan: <TrustPanel key="kepercayaan" />,
        aliran: <FlowPanel key="aliran" />,
        penyimpan: <StorePanel key="penyimpan" />,
        jaringan: <NetworkPanel key="jaringan" />,
        layar: <DisplaysPanel key="layar" />,
        pintu: <DoorPanel key="pintu" />,
        catatan: <NotesPanel key="catatan" />,
      }}
    />
  )
}
