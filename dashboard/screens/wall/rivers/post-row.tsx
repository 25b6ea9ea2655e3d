import type { CSSProperties } from 'react'
import { levelMetric, nextSiaga, type PostLevel, type Siaga, shareOfBar } from '../../../core/river-posts.ts'
import { useText } from '../../../ui/core-context.tsx'
import { useFocus } from '../../../ui/focus-link.ts'
import { Value } from '../../../ui/value.tsx'

/** Form and number of a siaga, so that colour is never needed. */
const signs: Record<Siaga, string> = { 1: '◆1', 2: '▲2', 3: '●3', 4: '' }
const marks = [3, 2, 1] as const

/** What the river lists call a post: without the words that all have. */
export const shortName = (name: string): string => name.replace(/^Pos Duga Air /, '')

/** How fast it rises or falls, in words and form. */
function Rise({ riseCm }: { riseCm: number | null }) {
  const text = useText()
  if (riseCm === null) return <span className="post-rise">{text.t('river.rise.unknown')}</span>
  const rounded = Math.round(riseCm)
  const direction = rounded > 0 ? 'up' : rounded < 0 ? 'down' : 'level'
  return (
    <span className="post-rise" data-rise={direction}>
      {text.t(`river.rise.${direction}`, { n: text.number(Math.abs(rounded)) })}
    </span>
  )
}

function Bar({ level }: { level: PostLevel }) {
  const { siagaM } = level.post
  return (
    <div className="level" data-siaga={level.siaga ?? undefined} data-known={level.share !== null} aria-hidden="true">
      {level.share !== null && <i className="level-fill" style={{ width: `${level.share * 100}%` } as CSSProperties} />}
      {marks.map((siaga) => (
        <i
          key={siaga}
          className="level-mark"
          style={{ left: `${shareOfBar(siagaM[siaga], siagaM) * 100}%` } as CSSProperties}
        >
          <b>{siaga}</b>
        </i>
      ))}
    </div>
  )
}

/** One post: its level against its own marks, how fast it changes, and what that would mean. */
export function PostRow({ level, riseCm }: { level: PostLevel; riseCm: number | null }) {
  const text = useText()
  const focus = useFocus()
  const { post, gauge, siaga, levelM } = level
  const next = levelM === null ? null : nextSiaga(levelM, post.siagaM, riseCm)
  const name = shortName(post.name)
  return (
    <li
      className="post"
      data-post={post.id}
      data-id={gauge?.id}
      data-siaga={siaga ?? undefined}
      data-state={gauge?.state ?? 'unknown'}
    >
      <p className="post-head">
        {gauge === undefined ? (
          <span className="post-name">{name}</span>
        ) : (
          <button type="button" className="post-name" onClick={() => focus.show({ device: gauge.id })}>
            {name}
          </button>
        )}
        <Value live={gauge?.metrics.get(levelMetric)} metric={levelMetric} />
      </p>
      <Bar level={level} />
      <p className="post-foot">
        <span className="post-siaga" data-siaga={siaga ?? undefined}>
          {siaga === null ? text.t('river.siaga.unknown') : `${signs[siaga]} ${text.t(`river.siaga.${siaga}`)}`.trim()}
        </span>
        <Rise riseCm={riseCm} />
        {next !== null && (
          <span className="post-next">{text.t('river.next', { n: next.siaga, age: text.age(next.inMs) })}</span>
        )}
      </p>
    </li>
  )
}
