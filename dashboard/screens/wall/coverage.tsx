import { type CSSProperties, useMemo } from 'react'
import { type DeviceState, deviceStates } from '../../../contract/state.ts'
import type { SeenDevice } from '../../core/city.ts'
import { hideAfterLostMs } from '../../core/live.ts'
import type { Coverage } from '../../core/summary.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { StateMark } from '../../ui/state-mark.tsx'

/** "12 of 15 running · 2 stale · 1 without data": a total never stands without what it leaves out. */
export function CoverageLine({ coverage, word }: { coverage: Coverage; word: string }) {
  const text = useText()
  const { lostForMs } = useCity().moment
  const hidden = lostForMs !== null && lostForMs > hideAfterLostMs
  if (coverage.registered === 0) {
    return (
      <p className="coverage" data-live="0" data-registered="0">
        <span className="coverage-none">{text.t('tile.none')}</span>
      </p>
    )
  }
  return (
    <div className="coverage" data-live={coverage.live} data-registered={coverage.registered} data-thin={coverage.thin}>
      <p className="coverage-main">
        <strong>{hidden ? '—' : text.number(coverage.live)}</strong>
        <span>{text.t('tile.of', { n: text.number(coverage.registered), word })}</span>
      </p>
      <p className="coverage-rest">{coverage.rest.length === 0 ? text.t('tile.all') : <Rest coverage={coverage} />}</p>
    </div>
  )
}

/** What of a group is not live; the same words as in the lists. */
export function Rest({ coverage }: { coverage: Coverage }) {
  const text = useText()
  return coverage.rest.map(({ state, count }) => (
    <span key={state} className="rest" data-rest={state} data-count={count}>
      {text.t(`rest.${state}` as 'rest.stale', { n: text.number(count) })}
    </span>
  ))
}

/** Up to so many devices each have a mark of their own; more become one bar. */
const mostMarks = 60
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
  if (states.length <= mostMarks) {
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
