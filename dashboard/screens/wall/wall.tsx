import { useEffect, useState } from 'react'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { FocusPanel } from '../../ui/focus-panel.tsx'
import { ClockFace, DataAge, LinkPill, SimulationMark, SimulationPill, TrustBand } from '../../ui/trust.tsx'
import { AttentionPanel } from './attention-panel.tsx'
import { type Glass, glassOf } from './layout.ts'
import { MapPanel } from './map-panel.tsx'
import { ProfilesPanel } from './profiles-panel.tsx'
import { Tiles } from './tiles.tsx'

function useGlass(): Glass {
  const measure = () => glassOf({ width: innerWidth, height: innerHeight }, new URLSearchParams(location.search))
  const [glass, setGlass] = useState(measure)
  useEffect(() => {
    const resized = () => setGlass(measure())
    addEventListener('resize', resized)
    return () => removeEventListener('resize', resized)
  })
  useEffect(() => {
    document.documentElement.style.setProperty('--u', `${glass.u}px`)
    return () => void document.documentElement.style.removeProperty('--u')
  }, [glass.u])
  return glass
}

function TopLine() {
  const text = useText()
  const city = useCity()
  const site = useObservable(useCore().site)
  return (
    <header className="topline">
      <div className="topline-name">
        <strong>{text.t('app.name')}</strong>
        <span className="topline-screen">{text.t('wall.overview')}</span>
      </div>
      <p className="topline-sum">
        {city.devices.length > 0 &&
          text.t('wall.sum', { live: text.number(city.live), n: text.number(city.devices.length) })}
        {city.devices.length === 0 && site.name}
      </p>
      <div className="topline-trust">
        <SimulationPill />
        <LinkPill />
        <DataAge />
        <ClockFace />
      </div>
    </header>
  )
}

/** Nothing is registered: how the first device gets here. */
function FirstSteps() {
  const text = useText()
  return (
    <section className="first-steps">
      <h2>{text.t('empty.title')}</h2>
      <p>{text.t('empty.text')}</p>
      <ol>
        <li>
          {text.t('empty.console')} <a href="/konsol/perangkat">{text.t('empty.open')}</a>
        </li>
        <li>
          {text.t('empty.shell')} <code>{text.t('empty.command')}</code>
        </li>
        <li>{text.t('empty.connect')}</li>
      </ol>
    </section>
  )
}

/** S1, the overview: is anything wrong, where, and can the picture be trusted? */
export function Wall() {
  const city = useCity()
  const glass = useGlass()
  const empty = city.ready && city.devices.length === 0
  return (
    <div className="wall" data-layout={glass.layout}>
      <TopLine />
      <main className="wall-body content">
        <MapPanel glass={glass} />
        {empty ? (
          <FirstSteps />
        ) : (
          <>
            <Tiles layout={glass.layout} />
            {glass.layout !== 'focus' && <AttentionPanel scrolls={glass.layout === 'phone'} />}
            {(glass.layout === 'wide' || glass.layout === 'desk' || glass.layout === 'phone') && <ProfilesPanel />}
          </>
        )}
      </main>
      <FocusPanel />
      <TrustBand columns={glass.cols} />
      <SimulationMark />
    </div>
  )
}
