import type { BusLines } from '../../core/movement/bus-lines.ts'
import { type PanelPlace, spreadOver } from '../../core/wall/panel-layout.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { PartedPanel } from '../../ui/panel.tsx'
import { usePlaces } from '../../ui/place.tsx'
import { Strip } from './line-strip.tsx'

/** A route with two lines of buses on each side of it, in cap heights. */
const stripHeightU = 8
const roomOn = ({ height, u }: PanelPlace): number => Math.floor(height / u / stripHeightU)

/** An arrow is a direction that is known; a dot says that it is not. */
function Legend() {
  const text = useText()
  return (
    <p className="strip-elsewhere strip-legend">
      <svg viewBox="-10 -10 20 20" aria-hidden="true">
        <path d="M-7-7 8 0-7 7-3 0z" />
      </svg>
      {text.t('fleet.direction')}
      <svg viewBox="-10 -10 20 20" aria-hidden="true">
        <circle r="6.5" />
      </svg>
      {text.t('fleet.noDirection')}
    </p>
  )
}

/** All routes, drawn out straight. */
export function StripsPanel({ lines }: { lines: BusLines }) {
  const text = useText()
  const { presence } = useCity()
  const { loaded } = useObservable(useCore().site)
  const { strips } = lines
  const elsewhere = lines.elsewhere.filter(({ state }) => state !== 'disabled')
  const part = (some: BusLines['strips'], last: boolean) => (
    <>
      {strips.length === 0 && <p className="calm">{text.t(loaded ? 'fleet.noRoutes' : 'site.loading')}</p>}
      <ol className="strips">
        {some.map((strip) => (
          <Strip key={strip.id} strip={strip} />
        ))}
      </ol>
      {last && strips.length > 0 && <Legend />}
      {last && elsewhere.length > 0 && presence === 'present' && (
        <p className="strip-elsewhere">{text.t('fleet.elsewhere', { n: text.number(elsewhere.length) })}</p>
      )}
    </>
  )
  const { parts, omitted } = spreadOver(strips, usePlaces(), roomOn)
  return (
    <PartedPanel
      name="strips"
      title={text.t('fleet.strips')}
      aside={omitted > 0 ? text.t('panel.omitted', { n: omitted }) : text.t('fleet.estimated')}
      parts={parts.map((some, i) => part(some, i === parts.length - 1))}
    />
  )
}
