import { type CSSProperties, type ReactNode, useMemo } from 'react'
import { type DeviceState, deviceStates } from '../../contract/state.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { unknown } from '../core/city/known.ts'
import type { Coverage } from '../core/city/summary.ts'
import type { Translator } from '../core/text/translate.ts'
import { useText } from '../ui/core-context.tsx'
import { StateMark } from '../ui/state-mark.tsx'

/** The same figures in the page's marks; what is unknown has none. */
export const figures = ({ live, registered }: Coverage) => ({
  'data-live': live === unknown ? undefined : live,
  'data-registered': registered === unknown ? undefined : registered,
})

/** What stands under a total. */
function restWords({ presence, rest }: Coverage, text: Translator): ReactNode {
  if (presence === 'lost') return text.t('tile.unknown')
  return rest.length === 0 ? text.t('tile.all') : <NotLive rest={rest} />
}

/** Nothing to sum up: there is none, or nobody knows yet. */
export function NoneOf({ presence }: Pick<Coverage, 'presence'>) {
  return <p className="coverage-none">{useText().t(presence === 'never' ? 'value.notKnown' : 'tile.none')}</p>
}

/** "12 of 15 running · 2 stale · 1 without data": a total never stands without what it leaves out. */
export function CoverageLine({ coverage, word }: { coverage: Coverage; word: string }) {
  const text = useText()
  const { registered, live } = coverage
  const facts = { ...figures(coverage), 'data-thin': coverage.thin }
  if (registered === unknown || registered === 0) {
    return (
      <div className="coverage" {...facts}>
        <NoneOf presence={coverage.presence} />
      </div>
    )
  }
  return (
    <div className="coverage" {...facts}>
      <p className="coverage-main">
        <strong>{text.count(live)}</strong>
        <span>{text.t('tile.of', { n: text.number(registered), word })}</span>
      </p>
      <p className="coverage-rest">{restWords(coverage, text)}</p>
    </div>
  )
}

/** What of a group is not live; the same words as in the lists. */
export function NotLive({ rest }: Pick<Coverage, 'rest'>) {
  const text = useText()
  return rest.map(({ state, count }) => (
    <span key={state} className="rest" data-rest={state} data-count={count}>
      {text.t(`rest.${state}` as 'rest.stale', { n: text.number(count) })}
    </span>
  ))
}

/** What is live of a group as a length; hatched where nobody can say. */
export function ShareBar({ coverage: { live, registered } }: { coverage: Coverage }) {
  if (live === unknown || registered === unknown) return <i className="profile-bar unknown-bar" aria-hidden="true" />
  return <meter className="profile-bar" min={0} max={Math.max(1, registered)} value={live} />
}

/** Up to so many devices each have a mark of their own; more become one bar. */
const maxMarks = 60
const rank = (state: DeviceState): number => deviceStates.indexOf(state === 'unknown' ? 'disabled' : state)

/** The group at one glance: a mark for each device, the live first. Says nothing that the numbers do not. */
export function Units({ devices }: { devices: readonly SeenDevice[] }) {
  const states = useMemo(
    () =>
      devices
        .map((device) => device.state)
        .filter((state) => state !== 'disabled')
        .sort((a, b) => rank(a) - rank(b)),
    [devices],
  )
  if (states.length <= maxMarks) {
    return (
      <div className="units" aria-hidden="true">
        {states.map((state, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: marks have no identity, only a number.
          <StateMark key={i} state={state} />
        ))}
      </div>
    )
  }
  const parts = deviceStates.map((state) => ({ state, n: states.filter((one) => one === state).length }))
  return (
    <div className="unit-bar" aria-hidden="true">
      {parts.map(
        ({ state, n }) => n > 0 && <i key={state} data-state={state} style={{ flexGrow: n } as CSSProperties} />,
      )}
    </div>
  )
}
