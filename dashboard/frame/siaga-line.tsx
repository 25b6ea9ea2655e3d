import type { CSSProperties, ReactNode } from 'react'
import type { SiagaAttention } from '../../domain/alarms/attention.ts'
import type { SeenDevice } from '../core/city/city.ts'
import type { Moment } from '../core/city/live.ts'
import { type SiagaSummary, siagaSummary } from '../core/rivers/siaga-summary.ts'
import type { Translator } from '../core/text/translate.ts'
import type { Glass } from '../core/wall/display-geometry.ts'
import { useCity, useCore, useObservable, useText } from '../ui/core-context.tsx'
import { useFocus } from '../ui/focus-link.ts'
import { SiagaSign, shownSiaga, siagaWords } from '../ui/siaga.tsx'
import { footPanes, onPane } from './frame.ts'

/** What stands on one monitor: whole words, the least telling go first where there is no room. */
function Item({ item, words, style }: Said & { style: CSSProperties | undefined }) {
  const focus = useFocus()
  const { gauge, post } = item.water
  return (
    <button
      type="button"
      className="siaga-item"
      style={style}
      data-post={post.id}
      data-siaga={shownSiaga(item.siaga)}
      onClick={() => gauge !== undefined && focus.show({ device: gauge.id })}
    >
      {words}
    </button>
  )
}

interface Said {
  item: SiagaAttention<SeenDevice>
  words: ReactNode
}

/** What is said on each of so many monitors: of the gravest all, on two of them if there are; of the others that they are. */
function saidOn(
  monitors: number,
  items: readonly SiagaAttention<SeenDevice>[],
  text: Translator,
  moment: Moment,
): Said[] {
  const [first, ...others] = items
  if (first === undefined) return []
  const head = (item: SiagaAttention<SeenDevice>, more: number) => {
    const { title, level } = siagaWords(item, text, moment)
    return (
      <>
        <SiagaSign siaga={item.siaga} />
        <strong>{title}</strong>
        {more > 0 && <span>{text.t('siaga.more', { n: text.number(more) })}</span>}
        {level !== '' && <span>{level}</span>}
      </>
    )
  }
  const details = siagaWords(first, text, moment).details.map((one) => <span key={one}>{one}</span>)
  if (monitors === 1) return [{ item: first, words: [head(first, others.length), details] }]
  const next = others.slice(0, monitors - 2)
  const more = others.length - next.length
  const shown = next.map((item, i) => ({ item, words: head(item, i === next.length - 1 ? more : 0) }))
  const alone = next.length === 0 ? more : 0
  return [{ item: first, words: head(first, alone) }, { item: first, words: details }, ...shown]
}

function calmWords(summary: Exclude<SiagaSummary, { says: 'items' }>, text: Translator): string {
  if (summary.says === 'unknown') return text.t('river.siaga.unknown')
  if (summary.says === 'nothing') return ''
  const { posts, unheard } = summary
  const normal = text.t('siaga.normal', { n: text.number(posts) })
  return unheard === 0 ? normal : `${normal} · ${text.t('siaga.unheard', { n: text.number(unheard) })}`
}

/**
 * What of the rivers is grave, in one line at the same place of each view: the gravest on the first monitor, the next on
 * the others. Calm it is only where that is known.
 */
export function SiagaLine({ glass }: { glass: Glass }) {
  const core = useCore()
  const text = useText()
  const city = useCity()
  const attention = useObservable(core.attention)
  const waters = useObservable(core.waters)
  const summary = siagaSummary(city, attention, waters)
  const panes = glass.layout === 'tiled' ? footPanes(glass) : [undefined]
  const items = summary.says === 'items' ? summary.items : []
  const worst = items[0]?.siaga
  return (
    <aside
      className="alarm-line content"
      aria-label={text.t('siaga.title')}
      data-says={summary.says}
      data-siaga={shownSiaga(worst)}
    >
      {summary.says !== 'items' && (
        <p className="siaga-calm" style={onPane(panes[0])}>
          {calmWords(summary, text)}
        </p>
      )}
      {saidOn(panes.length, items, text, city.moment).map((said, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is what stands on its monitor.
        <Item key={i} {...said} style={onPane(panes[i])} />
      ))}
      {/* Said once, for only the gravest may break in on somebody. */}
      <p className="hidden-text" role="alert">
        {items
          .filter(({ siaga }) => siaga === 1)
          .map((item) => siagaWords(item, text, city.moment).title)
          .join('; ')}
      </p>
    </aside>
  )
}
