import type { CSSProperties } from 'react'
import { levelMetric, shareOfBar } from '../../../domain/rivers/siaga.ts'
import type { WaterTrend } from '../../../domain/rivers/water-trend.ts'
import type { SeenWater } from '../../core/rivers/seen-waters.ts'
import { useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { ManualValue } from '../../ui/manual-value.tsx'
import { nextWords, SiagaPlate, shortName, trendWords } from '../../ui/siaga.tsx'
import { Value } from '../../ui/value.tsx'

const marks = [3, 2, 1] as const

function riseOf({ rateCmPerHour }: WaterTrend): 'up' | 'down' | 'level' | undefined {
  if (rateCmPerHour === null) return undefined
  if (Math.round(rateCmPerHour) === 0) return 'level'
  return rateCmPerHour > 0 ? 'up' : 'down'
}

function Bar({ level }: { level: SeenWater }) {
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
export function PostRow({ level }: { level: SeenWater }) {
  const text = useText()
  const focus = useFocus()
  const { post, gauge, siaga, trend, byHand } = level
  const next = nextWords(level, text)
  const name = shortName(post)
  return (
    <li
      className="post"
      data-post={post.id}
      data-id={gauge?.id}
      data-siaga={siaga ?? undefined}
      data-by-hand={byHand !== null}
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
        <Value live={gauge?.metrics.get(levelMetric)} metric={levelMetric} brief />
        <ManualValue
          manual={gauge?.manual ?? null}
          metric={levelMetric}
          besides={level.siaga !== null && byHand === null}
        />
      </p>
      <Bar level={level} />
      <p className="post-foot">
        <SiagaPlate siaga={siaga} />
        {byHand !== null && <span className="post-by-hand">{text.t('manual.level')}</span>}
        <span className="post-rise" data-rise={riseOf(trend)} data-rate={trend.rateCmPerHour ?? undefined}>
          {trendWords(trend, text)}
        </span>
        {next !== '' && <span className="post-next">{next}</span>}
      </p>
    </li>
  )
}
