import { Fragment, type ReactNode, useRef } from 'react'
import { worstPost } from '../../../domain/rivers/river-posts.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import type { TextKey } from '../../core/text/translate.ts'
import { linesOn } from '../../core/wall/display-geometry.ts'
import type { PanelPlace } from '../../core/wall/panel-layout.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { useWidth } from '../../ui/hooks/use-width.ts'
import { PartedPanel } from '../../ui/panel.tsx'
import { usePlaces } from '../../ui/place.tsx'
import { shortName, siagaName } from '../../ui/siaga.tsx'
import { LevelChart } from './level-chart.tsx'
import { PostRow } from './post-row.tsx'
import { useLevels } from './use-levels.ts'

const linesForBoth = 16

/** Why there is no chart. */
function noChart(gauge: SeenDevice | undefined, history: 'failed' | undefined): TextKey {
  if (gauge === undefined) return 'value.none'
  return history === 'failed' ? 'value.notLoaded' : 'site.loading'
}

/** One river from its upper end downstream: levels now, and the last 24 hours. */
export function RiverPanel({ riverId, name }: { riverId: string; name: string }) {
  const text = useText()
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const places = usePlaces()
  const levels = useObservable(useCore().waters).filter(({ post }) => post.riverId === riverId)
  const histories = useLevels(
    levels.flatMap(({ gauge }) => gauge ?? []),
    width,
  )
  const aside = siagaName(worstPost(levels)?.siaga ?? null, text)
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
        <PostRow key={level.post.id} level={level} />
      ))}
    </ol>
  )
  const charts = (
    <div className="level-charts" ref={host}>
      {levels.map(({ post, gauge }, i) => {
        const history = histories.get(gauge?.id ?? '')
        return (
          <figure key={post.id}>
            <figcaption>{text.t('river.day', { name: shortName(post) })}</figcaption>
            {history === undefined || history === 'failed' ? (
              <p className="calm level-chart">{text.t(noChart(gauge, history))}</p>
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
function partsOf(places: readonly PanelPlace[] | undefined, posts: ReactNode, charts: ReactNode): ReactNode[] {
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
