import { useEffect, useRef } from 'react'
import { Link } from 'wouter'
import { type ViewId, viewIds } from '../../contract/http/pages.ts'
import type { CityView } from '../core/city/city.ts'
import { unknown } from '../core/city/known.ts'
import { can } from '../core/connection/session.ts'
import type { Translator } from '../core/text/translate.ts'
import type { Glass } from '../core/wall/display-geometry.ts'
import type { Showing } from '../core/wall/playlist.ts'
import { viewPath } from '../core/wall/views.ts'
import { useCity, useCore, useObservable, useText } from '../ui/core-context.tsx'
import { SoundPill } from '../ui/sound-pill.tsx'
import { ClockFace, DataAge, LinkPill, SimulationPill } from '../ui/trust/trust.tsx'
import { onPane, topSeats } from './frame.ts'
import { useUnknownWall } from './use-glass.ts'

/** How much of the city can be seen; without the server only how much there is. */
function sumWords({ live, registered }: CityView, cityName: string, text: Translator): string {
  if (registered === unknown || registered === 0) return cityName
  const n = text.number(registered)
  return live === unknown ? text.t('wall.sumUnknown', { n }) : text.t('wall.sum', { live: text.number(live), n })
}

/** The same at the top of each view: what is shown, how much of the city is live, and whether it can be trusted. */
export function TopLine(props: { glass: Glass; view: ViewId; showing: Showing | undefined; paused: boolean }) {
  const { glass, view, showing, paused } = props
  const text = useText()
  const city = useCity()
  const core = useCore()
  const site = useObservable(core.site)
  const unknown = useUnknownWall()
  const tiled = glass.layout === 'tiled'
  const seats = tiled ? topSeats(glass, core.upkeep.side()) : undefined
  // Beside the signs of trust there is no room for one more on one monitor.
  const apart = seats?.sum !== undefined
  // A wall is mute where nobody asked for sound: the console is where somebody listens.
  const sounds = new URLSearchParams(location.search).get('sound') === '1'
  const place =
    showing === undefined ? `${viewIds.indexOf(view) + 1}/${viewIds.length}` : `${showing.index + 1}/${showing.count}`
  return (
    <header className="topline">
      <div className="topline-name" style={onPane(seats?.name)}>
        <strong>{text.t('app.name')}</strong>
        <span className="topline-view">
          {text.t(`view.${view}`)} {place}
          {paused && ` · ${text.t('wall.paused')}`}
        </span>
      </div>
      <p className="topline-sum" style={onPane(seats?.sum)} hidden={tiled && seats?.sum === undefined}>
        {sumWords(city, site.name, text)}
        {sounds && apart && <SoundPill />}
      </p>
      <div className="topline-trust" style={onPane(seats?.trust)}>
        {unknown !== null && <span className="pill fault-pill">{text.t('wall.unknown', { id: unknown })}</span>}
        <SimulationPill />
        {sounds && !apart && <SoundPill />}
        <LinkPill />
        <DataAge />
        <ClockFace />
      </div>
      {showing !== undefined && (
        <i
          className="dwell"
          data-paused={paused}
          data-slide={showing.index}
          style={{ width: `${showing.gone * 100}%` }}
        />
      )}
    </header>
  )
}

/** The way to the other views, where somebody sits in front of this one. */
export function ViewNav({ view }: { view: ViewId }) {
  const text = useText()
  const core = useCore()
  const session = useObservable(core.session)
  const newer = useObservable(core.upkeep.newer)
  const nav = useRef<HTMLElement>(null)
  // On a phone not all of them are in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view is another link.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [view])
  return (
    <nav ref={nav} className="view-nav" aria-label={text.t('wall.views')}>
      {viewIds.map((id) => (
        <Link key={id} href={viewPath(id, location.search)} aria-current={id === view ? 'page' : undefined}>
          {text.t(`view.${id}`)}
        </Link>
      ))}
      {newer && (
        <button type="button" className="pill" onClick={() => globalThis.location.reload()}>
          {text.t('wall.newBuild')}
        </button>
      )}
      {can(session, 'console') && <Link href="/konsol/perangkat">{text.t('wall.console')}</Link>}
    </nav>
  )
}
