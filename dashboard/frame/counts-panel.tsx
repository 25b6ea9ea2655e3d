import type { DeviceState } from '../../contract/state.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { type Known, knownIf } from '../core/city/known.ts'
import { coverage } from '../core/city/summary.ts'
import { useCity, useText } from '../ui/core-context.tsx'
import { Panel } from '../ui/panel.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { CoverageLine } from './coverage.tsx'

const order: readonly DeviceState[] = ['online', 'late', 'stale', 'frozen', 'offline', 'unknown', 'disabled']
/** Of these none is no news. */
const onlySome: readonly DeviceState[] = ['late', 'disabled']

/** How many of a group are live, and how many stand in each other state; also the legend of the marks beside it. */
export function CountsPanel(props: { title: string; word: string; devices: readonly SeenDevice[]; camera?: boolean }) {
  const text = useText()
  const city = useCity()
  const count = (state: DeviceState): Known<number> =>
    knownIf(city.presence === 'present', props.devices.filter((device) => device.state === state).length)
  const words = (state: DeviceState) => {
    if (state === 'disabled') return text.t('state.outOfService')
    return state === 'frozen' && props.camera === true ? text.t('state.pictureFrozen') : text.t(`state.${state}`)
  }
  return (
    <Panel name="counts" title={props.title}>
      <CoverageLine coverage={coverage(city, props.devices)} word={props.word} />
      <ul className="count-list">
        {order
          .filter((state) => !onlySome.includes(state) || Number(count(state)) > 0)
          .map((state) => (
            <li key={state} data-count-of={state} data-count={count(state)} data-zero={count(state) === 0}>
              <StateMark state={state} />
              <span>{words(state)}</span>
              <strong>{text.count(count(state))}</strong>
            </li>
          ))}
      </ul>
    </Panel>
  )
}
