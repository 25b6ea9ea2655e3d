import type { CityView } from '../../../core/city.ts'
import type { TextKey } from '../../../core/translate.ts'
import { useCity, useText } from '../../../ui/core-context.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { useOwnFaults } from '../../../ui/use-own-faults.ts'
import { useWholeRows } from '../../../ui/use-whole-rows.ts'
import { AttentionRow } from '../attention-row.tsx'
import { useAttention } from '../use-attention.ts'

/** More than this is a list for the console. */
const mostRows = 50

/** Why the list is empty; while the server is away nobody can say that nothing is wrong. */
function calmWords(city: CityView): TextKey {
  if (city.moment.lostForMs !== null || !city.ready) return 'attention.notKnown'
  return city.devices.length === 0 ? 'attention.nothing' : 'attention.none'
}

/** The worst devices, newest trouble first; quiet when there is nothing. */
export function AttentionPanel({ scrolls }: { scrolls: boolean }) {
  const text = useText()
  const city = useCity()
  const list = useAttention()
  const own = useOwnFaults()
  const { list: element, whole } = useWholeRows<HTMLOListElement>(list.length, mostRows)
  const rows = list.slice(0, scrolls ? mostRows : whole)
  const count =
    rows.length < list.length ? text.t('attention.some', { n: rows.length, of: list.length }) : text.number(list.length)
  return (
    <Panel name="attention" title={text.t('attention.title')} aside={list.length > 0 ? count : undefined}>
      {own.length > 0 && (
        <ul className="own-faults">
          {own.map(({ key, params }) => (
            <li key={`${key} ${params?.name ?? ''}`} data-fault={key}>
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
            <AttentionRow key={item.device.id} item={item} />
          ))}
        </ol>
      )}
      <p className="panel-foot">
        {city.count.unknown > 0 && <span>{text.t('attention.unknown', { n: text.number(city.count.unknown) })}</span>}
      </p>
    </Panel>
  )
}
