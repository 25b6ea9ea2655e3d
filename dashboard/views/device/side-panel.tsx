import './device.css'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import { bySubject, type Subject } from '../../../domain/subject.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import type { Focus } from '../../ui/focus-link.ts'
import { PanelBoundary } from '../../ui/panel.tsx'
import { DeviceDetail } from './device-view.tsx'
import { GroupList } from './group-list.tsx'

const subjects: readonly Subject[] = ['bus', 'cctv', 'water', 'weather', 'network', 'sensor']

/** Keeps the keyboard where it was before the panel opened. */
function useBorrowedFocus(key: string | undefined) {
  const panel = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the panel shows is what the keyboard goes to.
  useEffect(() => {
    const before = document.activeElement
    panel.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [key])
  return panel
}

/** One device, or the devices of one subject, beside the map. */
export function SidePanel({ focus }: { focus: Focus }) {
  const text = useText()
  const city = useCity()
  const panel = useBorrowedFocus(focus.device ?? focus.group)
  const device = focus.device === undefined ? undefined : city.byId.get(focus.device)
  const subject = subjects.find((one) => one === focus.group)
  const title = device?.name ?? (subject === undefined ? (focus.device ?? '') : text.t(`tile.${subject}`))
  return (
    <aside className="side-panel content" ref={panel} tabIndex={-1} aria-label={title}>
      <header className="side-head">
        <div>
          <h2>{title}</h2>
          {device !== undefined && <p>{text.profile(device.look)}</p>}
        </div>
        <button type="button" className="side-close" onClick={focus.close}>
          {text.t('device.close')} <kbd>{text.t('key.escape')}</kbd>
        </button>
      </header>
      <PanelBoundary>
        {device !== undefined && <DeviceDetail key={device.id} device={device} />}
        {device === undefined && subject !== undefined && (
          <GroupList devices={bySubject(city.devices)[subject]} onPick={(id) => focus.show({ device: id })} />
        )}
        {device === undefined && focus.device !== undefined && city.presence !== 'never' && (
          <p className="calm">{text.t('device.notFound', { id: focus.device })}</p>
        )}
      </PanelBoundary>
    </aside>
  )
}
