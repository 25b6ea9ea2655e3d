import { useEffect, useRef, useState } from 'react'
import { type Attention, attentionList, type Trouble } from '../../core/attention.ts'
import type { CityView } from '../../core/city.ts'
import { ownFaults } from '../../core/own-faults.ts'
import type { TextKey } from '../../core/translate.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { Panel } from '../../ui/panel.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { reasonWords, stateWords } from '../../ui/state-text.tsx'

/** While the server is away everything is stale; the list keeps what was wrong before. */
function useAttention(city: CityView): Attention[] {
  const before = useRef<Attention[]>([])
  if (city.moment.lostForMs === null) before.current = attentionList(city.devices)
  return before.current.flatMap((item) => {
    const device = city.byId.get(item.device.id)
    return device === undefined ? [] : { ...item, device }
  })
}

/** Troubles whose own word needs no state and no reason beside it. */
function saysAll(trouble: Trouble): trouble is 'clock' | 'duplicate' | 'flapping' {
  return trouble === 'clock' || trouble === 'duplicate' || trouble === 'flapping'
}

function Row({ item }: { item: Attention }) {
  const text = useText()
  const { moment } = useCity()
  const focus = useFocus()
  const { device, trouble } = item
  const words =
    trouble === 'fault'
      ? text.t('trouble.fault', { metrics: device.faults.join(', ') })
      : saysAll(trouble)
        ? text.t(`trouble.${trouble}`)
        : stateWords(device, text, moment.nowMs)
  const reason = trouble === 'fault' || saysAll(trouble) ? '' : reasonWords(device, text)
  return (
    <li
      className="attention-row"
      data-id={device.id}
      data-state={device.state}
      data-age-s={device.ageMs === null ? undefined : Math.floor(device.ageMs / 1000)}
    >
      <button type="button" onClick={() => focus.show({ device: device.id })}>
        <StateMark state={device.state === 'online' || device.state === 'late' ? 'frozen' : device.state} />
        <span className="attention-name">{device.name}</span>
        <span className="attention-since">
          {item.sinceMs === null ? '' : text.age(Math.max(0, moment.nowMs - item.sinceMs))}
        </span>
        <span className="attention-words">
          {words}
          {reason !== '' && ` · ${reason}`}
        </span>
      </button>
    </li>
  )
}

/** More than this is a list for the console. */
const mostRows = 50

/** Why the list is empty; while the server is away nobody can say that nothing is wrong. */
function calmWords(city: CityView): TextKey {
  if (city.moment.lostForMs !== null || !city.ready) return 'attention.notKnown'
  return city.devices.length === 0 ? 'attention.nothing' : 'attention.none'
}

/** How many rows are whole in a list's height; all of them where the page scrolls. */
function useWholeRows(rows: number) {
  const list = useRef<HTMLOListElement>(null)
  const [whole, setWhole] = useState(mostRows)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row must be there to be measured.
  useEffect(() => {
    const target = list.current
    if (target === null) return
    const measure = () => {
      const row = target.firstElementChild?.getBoundingClientRect().height ?? 0
      if (row > 0) setWhole(Math.max(1, Math.floor(target.clientHeight / row + 0.02)))
    }
    const observer = new ResizeObserver(measure)
    observer.observe(target)
    measure()
    return () => observer.disconnect()
  }, [rows > 0])
  return { list, whole }
}

/** The worst devices, newest trouble first; quiet when there is nothing. */
export function AttentionPanel({ scrolls }: { scrolls: boolean }) {
  const text = useText()
  const core = useCore()
  const city = useCity()
  const flow = useObservable(core.flow)
  const list = useAttention(city)
  const own = ownFaults(flow?.pipeline, city.moment.nowMs)
  const { list: element, whole } = useWholeRows(list.length)
  const rows = list.slice(0, scrolls ? mostRows : whole)
  const count =
    rows.length < list.length ? text.t('attention.some', { n: rows.length, of: list.length }) : text.number(list.length)
  return (
    <Panel name="attention" title={text.t('attention.title')} aside={list.length > 0 ? count : undefined}>
      {own.length > 0 && (
        <ul className="own-faults">
          {own.map(({ key, params }) => (
            <li key={key} data-fault={key}>
              {text.t(key, params)}
            </li>
          ))}
        </ul>
      )}
      {list.length === 0 ? (
        <p className="calm">{text.t(calmWords(city))}</p>
      ) : (
        <ol className="attention-list" ref={element}>
          {rows.map((item) => (
            <Row key={item.device.id} item={item} />
          ))}
        </ol>
      )}
      <p className="panel-foot">
        {city.count.unknown > 0 && <span>{text.t('attention.unknown', { n: text.number(city.count.unknown) })}</span>}
        <span>{text.t('attention.noAlarms')}</span>
      </p>
    </Panel>
  )
}
