import { useEffect, useRef, useState } from 'react'
import type { Glass } from '../../core/wall/display-geometry.ts'
import { useCity, useCore, useObservable, useText } from '../core-context.tsx'
import { useFault } from '../panel.tsx'

const restoredShownMs = 5000
const connectingShownMs = 2500

/** Is the server there? Always in sight, in words and form. */
export function LinkPill() {
  const text = useText()
  const link = useObservable(useCore().link)
  return (
    <span className="pill link-pill" data-link={link.phase}>
      <i className="pill-dot" />
      {text.t(`link.${link.phase}`)}
    </span>
  )
}

/** How old the newest thing is that came all the way here: the canary, or else the newest reading of any device. */
export function DataAge() {
  const text = useText()
  const city = useCity()
  const ageMs = city.canaryAgeMs ?? city.dataAgeMs
  if (ageMs === null) return <span className="data-age">{text.t('data.none')}</span>
  return (
    <span className="data-age" data-age-s={Math.floor(ageMs / 1000)}>
      {text.t('data.age', { age: text.age(ageMs) })}
    </span>
  )
}

/** The time, drawn by the loop that draws the map: if drawing dies, the clock stands still. */
export function ClockFace({ date = false }: { date?: boolean }) {
  const core = useCore()
  const text = useText()
  const failed = useFault()
  const time = useRef<HTMLSpanElement>(null)
  const day = useRef<HTMLSpanElement>(null)
  const zone = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const show = (element: HTMLSpanElement | null, words: string) => {
      if (element !== null && element.textContent !== words) element.textContent = words
    }
    const draw = () => {
      const nowMs = core.clock.nowMs()
      show(time.current, text.time(nowMs))
      show(day.current, text.date(nowMs))
      show(zone.current, text.zone(nowMs))
    }
    draw()
    return core.frames.add(draw, failed)
  }, [core, text, failed])
  return (
    <span className="clock">
      {date && <span className="clock-date" ref={day} />}
      <span className="clock-time" ref={time} />
      <span className="clock-zone" ref={zone} />
    </span>
  )
}

/** One band over the whole page; on a wall of several monitors its words stand at the foot of each of them. */
function Band(props: Told & { glass: Glass | undefined }) {
  const { name, urgent, title, words = '', glass } = props
  const panes = glass?.layout === 'tiled' ? glass.panes : [undefined]
  // Said once: an age that counts on would be read out every second.
  const [said] = useState(`${title} ${words}`)
  return panes.map((pane, i) => (
    <div
      key={pane === undefined ? name : `${pane.x} ${pane.y}`}
      className="band"
      data-band={name}
      style={
        pane && { left: pane.x, right: 'auto', width: pane.width, bottom: (glass?.height ?? 0) - pane.y - pane.height }
      }
    >
      {i === 0 && (
        <p className="hidden-text" role={urgent ? 'alert' : 'status'}>
          {said}
        </p>
      )}
      <p aria-hidden="true">
        <strong>{title}</strong> {words}
      </p>
    </div>
  ))
}

interface Told {
  name: string
  /** Another one is told anew. */
  cause: string
  urgent: boolean
  title: string
  words?: string
}

/** What is wrong with the picture as a whole at present. */
function useTrouble(): Told | undefined {
  const core = useCore()
  const text = useText()
  const city = useCity()
  const link = useObservable(core.link)
  const stopped = useObservable(core.stopped)
  const nowMs = core.clock.nowMs()
  if (link.phase === 'lost' && link.provenAtMs !== null) {
    const { provenAtMs } = link
    const [time, zone] = [text.time(provenAtMs), text.zone(provenAtMs)]
    const params = { time, zone, age: text.age(nowMs - provenAtMs) }
    return {
      name: 'lost',
      cause: 'lost',
      urgent: true,
      title: text.t('band.lost'),
      words: text.t('band.frozenSince', params),
    }
  }
  if (link.phase === 'connecting') {
    if (nowMs - link.startedAtMs < connectingShownMs) return undefined
    const words = text.t('band.trying')
    return { name: 'connecting', cause: 'connecting', urgent: true, title: text.t('band.notConnected'), words }
  }
  if (stopped !== null) {
    const age = stopped.ageMs === null ? '—' : text.age(stopped.ageMs)
    const words = text.t(`band.stopped.${stopped.cause}`, { age })
    return { name: 'stopped', cause: stopped.cause, urgent: true, title: text.t('band.stopped'), words }
  }
  if (link.restoredAtMs === null || city.moment.nowMs - link.restoredAtMs >= restoredShownMs) return undefined
  return { name: 'restored', cause: 'restored', urgent: false, title: text.t('band.restored') }
}

/** The full-width band that says that the picture is frozen, or that data stands still behind a live link. */
export function TrustBand({ glass }: { glass?: Glass }) {
  const told = useTrouble()
  return told === undefined ? null : <Band key={told.cause} {...told} glass={glass} />
}

const stamps = Array.from({ length: 12 }, (_, i) => i)

/** On every page while any device is simulated: nobody may take this picture for the city. */
export function SimulationMark() {
  const text = useText()
  const city = useCity()
  if (!city.simulated) return null
  return (
    <div className="simulation" aria-hidden="true">
      {stamps.map((i) => (
        <span key={i}>{text.t('simulation.stamp')}</span>
      ))}
    </div>
  )
}

export function SimulationPill() {
  const text = useText()
  const city = useCity()
  return city.simulated ? <span className="pill simulation-pill">{text.t('simulation.pill')}</span> : null
}
