import type { Attention, Trouble } from '../../core/attention.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { StateMark } from '../../ui/state-mark.tsx'
import { faultNames, reasonWords, stateWords } from '../../ui/state-text.tsx'

/** Troubles whose own word needs no state and no reason beside it. */
function saysAll(trouble: Trouble): trouble is 'clock' | 'duplicate' | 'flapping' {
  return trouble === 'clock' || trouble === 'duplicate' || trouble === 'flapping'
}

/** A device that somebody should look at: which, what is wrong, since when. */
export function AttentionRow({ item }: { item: Attention }) {
  const text = useText()
  const { moment } = useCity()
  const focus = useFocus()
  const { device, trouble } = item
  const words =
    trouble === 'fault'
      ? text.t('trouble.fault', { metrics: faultNames(device, text) })
      : saysAll(trouble)
        ? text.t(`trouble.${trouble}`)
        : stateWords(device, text, moment.nowMs)
  const reason = trouble === 'fault' || saysAll(trouble) ? '' : reasonWords(device, text)
  return (
    <li
      className="attention-row"
      data-id={device.id}
      data-state={device.state}
      data-age-s={device.ageMs === null ? undefined : Math.floor(device.ageMs / 1000)}
    >
      <button type="button" onClick={() => focus.show({ device: device.id })}>
        <StateMark state={device.state === 'online' || device.state === 'late' ? 'frozen' : device.state} />
        <span className="attention-name">{device.name}</span>
        <span className="attention-since">
          {item.sinceMs === null ? '' : text.age(Math.max(0, moment.nowMs - item.sinceMs))}
        </span>
        <span className="attention-words">
          {words}
          {reason !== '' && ` · ${reason}`}
        </span>
      </button>
    </li>
  )
}
