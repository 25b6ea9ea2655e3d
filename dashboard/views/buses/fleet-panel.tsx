import type { SeenDevice } from '../../core/city/city.ts'
import { worstFirst } from '../../core/city/worst-first.ts'
import type { BusLines } from '../../core/movement/bus-lines.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { useWholeRows } from '../../ui/hooks/use-whole-rows.ts'
import { Panel } from '../../ui/panel.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { stateWords } from '../../ui/state-text.tsx'
import { Value } from '../../ui/value.tsx'

const maxRows = 60

/** `Koridor 1 Biru` of `Koridor 1 Biru: Terminal - …`; without what stands in brackets. */
const shortRoute = (name: string): string => name.replace(/\s*[(:].*$/, '')

function BusRow({ device, route }: { device: SeenDevice; route: string | undefined }) {
  const text = useText()
  const { nowMs } = useCity().moment
  const focus = useFocus()
  return (
    <li className="bus-row" data-id={device.id} data-state={device.state}>
      <button type="button" onClick={() => focus.show({ device: device.id })}>
        <StateMark state={device.state} />
        <span className="bus-name">{device.name}</span>
        <span className="bus-route">{route ?? text.t('fleet.noRoute')}</span>
        {device.state === 'online' || device.state === 'late' ? (
          <Value live={device.metrics.get('speed_kmh')} metric="speed_kmh" />
        ) : (
          <span className="bus-words">{stateWords(device, text, nowMs)}</span>
        )}
      </button>
    </li>
  )
}

/** Every bus, those that need a look first. */
export function FleetPanel(props: { buses: readonly SeenDevice[]; lines: BusLines; scrolls: boolean }) {
  const { buses, lines, scrolls } = props
  const text = useText()
  const { presence } = useCity()
  const ordered = worstFirst(buses, text.language)
  const { list, whole } = useWholeRows<HTMLOListElement>(buses.length, maxRows)
  const rows = ordered.slice(0, scrolls ? maxRows : whole)
  const names = new Map(lines.strips.map(({ id, name }) => [id, shortRoute(name)]))
  const count =
    rows.length < ordered.length
      ? text.t('attention.some', { n: rows.length, of: ordered.length })
      : text.number(ordered.length)
  return (
    <Panel
      name="fleet"
      title={text.t('fleet.list')}
      aside={ordered.length > 0 && presence === 'present' ? count : undefined}
    >
      {ordered.length === 0 ? (
        <p className="calm">{text.t(presence === 'never' ? 'value.notKnown' : 'tile.none')}</p>
      ) : (
        <ol className="bus-list" ref={list}>
          {rows.map((device) => (
            <BusRow key={device.id} device={device} route={names.get(lines.routeOf.get(device.id) ?? '')} />
          ))}
        </ol>
      )}
    </Panel>
  )
}
