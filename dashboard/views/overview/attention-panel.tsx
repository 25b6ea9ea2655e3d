import type { CityView } from '../../core/city/city.ts'
import { unknown } from '../../core/city/known.ts'
import type { TextKey, Translator } from '../../core/text/translate.ts'
import type { WallLayout } from '../../core/wall/display-geometry.ts'
import { AttentionRow, attentionKey } from '../../frame/attention-row.tsx'
import { useAttention } from '../../frame/use-attention.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useSystemFaults } from '../../ui/hooks/use-system-faults.ts'
import { useWholeRows } from '../../ui/hooks/use-whole-rows.ts'
import { Panel } from '../../ui/panel.tsx'
import { SystemFaultList } from '../../ui/system-fault-list.tsx'

/** More than this is a list for the console. */
const maxRows = 50
/** Faults of our own beside what is grave in the city, where the panel is low for its letters. */
const maxFaults = 3

/** Why the list is empty; while the server is away nobody can say that nothing is wrong. */
function calmWords(city: CityView): TextKey {
  if (city.presence === 'never') return 'value.notKnown'
  if (city.presence === 'lost') return 'attention.notKnown'
  return city.devices.length === 0 ? 'attention.nothing' : 'attention.none'
}

/** How many there are, and of how many; of a picture that stands still, that it is from before. */
function countWords(city: CityView, shown: number, all: number, text: Translator): string | undefined {
  if (all === 0) return undefined
  if (city.presence === 'lost') return text.t('attention.before')
  return shown < all ? text.t('attention.some', { n: shown, of: all }) : text.number(all)
}

/** What somebody should look at, the gravest first; quiet when there is nothing. */
export function AttentionPanel({ layout }: { layout: WallLayout }) {
  const text = useText()
  const city = useCity()
  const list = useAttention()
  const scrolls = layout === 'phone'
  const isLow = layout === 'tiled' || layout === 'single'
  const own = useSystemFaults()
  const { list: element, whole } = useWholeRows<HTMLOListElement>(list.length, maxRows)
  const rows = list.slice(0, scrolls ? maxRows : whole)
  const unheard = city.count === unknown ? 0 : city.count.unknown
  return (
    <Panel name="attention" title={text.t('attention.title')} aside={countWords(city, rows.length, list.length, text)}>
      {own.length > 0 && <SystemFaultList faults={own} {...(list.length > 0 && isLow && { most: maxFaults })} />}
      {list.length === 0 ? (
        <p className="calm">{text.t(calmWords(city))}</p>
      ) : (
        <ol className="attention-list" ref={element}>
          {rows.map((item) => (
            <AttentionRow key={attentionKey(item)} item={item} />
          ))}
        </ol>
      )}
      <p className="panel-foot">
        {unheard > 0 && <span>{text.t('attention.unknown', { n: text.number(unheard) })}</span>}
      </p>
    </Panel>
  )
}
