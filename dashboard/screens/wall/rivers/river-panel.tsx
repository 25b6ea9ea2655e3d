import { Fragment, type ReactNode, useRef } from 'react'
import { linesOn } from '../../../core/glass.ts'
import type { History } from '../../../core/history.ts'
import type { Place } from '../../../core/places.ts'
import { levelMetric, type PostLevel, postLevels, riseCmPerHour } from '../../../core/river-posts.ts'
import { bySubject } from '../../../core/summary.ts'
import { useCity, useCore, useObservable, useText } from '../../../ui/core-context.tsx'
import { PartedPanel } from '../../../ui/panel.tsx'
import { usePlaces } from '../../../ui/place.tsx'
import { useWidth } from '../../../ui/use-width.ts'
import { LevelChart } from './level-chart.tsx'
import { PostRow, shortName } from './post-row.tsx'
import { useLevels } from './use-levels.ts'

/** Rise of the last hour; while the server is away nobody can say what is present. */
function riseOf(history: History | undefined, nowMs: number, lostForMs: number | null): number | null {
  const band = history?.bands.get(levelMetric)
  if (band === undefined || lostForMs !== null) return null
  const points = band.times.flatMap((s, i) => {
    const mean = band.mean[i]
    return mean === null || mean === undefined ? [] : [[s * 1000, mean] as const]
  })
  return riseCmPerHour(points, nowMs)
}

function gravest(levels: readonly PostLevel[]): PostLevel['siaga'] {
  const known = levels.flatMap(({ siaga }) => (siaga === null ? [] : [siaga]))
  return known.length === 0 ? null : known.reduce((worst, siaga) => (siaga < worst ? siaga : worst))
}

const linesForBoth = 16

/** One river from its upper end downstream: levels now, and the last 24 hours. */
export function RiverPanel({ riverId, name }: { riverId: string; name: string }) {
  const text = useText()
  const city = useCity()
  const { posts: known } = useObservable(useCore().site)
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const { moment } = city
  const places = usePlaces()
  const levels = postLevels({ riverId, posts: known, gauges: bySubject(city.devices).water, moment })
  const histories = useLevels(
    levels.flatMap(({ gauge }) => gauge ?? []),
    width,
  )
  const worst = gravest(levels)
  const aside = worst === null ? text.t('river.siaga.unknown') : text.t(`river.siaga.${worst}`)
  if (levels.length === 0)
    return (
      <PartedPanel
        name="river"
        title={name}
        parts={[
          <p key="none" className="calm">
            {text.t('river.noPosts')}
          </p>,
        ]}
      />
    )
  const posts = (
    <ol className="posts">
      {levels.map((level) => (
        <PostRow
          key={level.post.id}
          level={level}
          riseCm={riseOf(histories.get(level.gauge?.id ?? ''), moment.nowMs, moment.lostForMs)}
        />
      ))}
    </ol>
  )
  const charts = (
    <div className="level-charts" ref={host}>
      {levels.map(({ post, gauge }, i) => {
        const history = histories.get(gauge?.id ?? '')
        return (
          <figure key={post.id}>
            <figcaption>{text.t('river.day', { name: shortName(post.name) })}</figcaption>
            {history === undefined ? (
              <p className="calm level-chart">{text.t(gauge === undefined ? 'value.none' : 'site.loading')}</p>
            ) : (
              <LevelChart post={post} history={history} timeAxis={i === levels.length - 1} />
            )}
          </figure>
        )
      })}
    </div>
  )
  return <PartedPanel name="river" title={name} aside={aside} parts={partsOf(places, posts, charts)} />
}

/** Levels and charts on a monitor each; on one of them alone the charts go where there is no room. */
function partsOf(places: readonly Place[] | undefined, posts: ReactNode, charts: ReactNode): ReactNode[] {
  const [first, second] = places ?? []
  if (second !== undefined) return [posts, charts]
  const roomy = first === undefined || linesOn(first.height, first.u) >= linesForBoth
  return [
    <Fragment key="both">
      {posts}
      {roomy && charts}
    </Fragment>,
  ]
}
