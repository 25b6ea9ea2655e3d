import type { Attention, DeviceAttention, SiagaAttention } from '../../domain/alarms/attention.ts'
import type { Condition } from '../../domain/alarms/condition.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { useCity, useText } from '../ui/core-context.tsx'
import { useFocus } from '../ui/focus-link.ts'
import { SiagaSign, shownSiaga, siagaWords } from '../ui/siaga.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { faultNames, reasonWords, stateWords } from '../ui/state-text.tsx'

/** Conditions whose own word needs no state and no reason beside it. */
function saysAll(condition: Condition): condition is 'clock' | 'duplicate' | 'flapping' {
  return condition === 'clock' || condition === 'duplicate' || condition === 'flapping'
}

/** What there is to say, the most telling first: as much of it as fits in the line. */
function Words({ parts }: { parts: readonly string[] }) {
  return (
    <span className="attention-words one-line">
      {parts
        .filter((words) => words !== '')
        .map((words) => (
          <span key={words}>{words}</span>
        ))}
    </span>
  )
}

/** How long it has been so. */
function Since({ sinceMs }: { sinceMs: number | null }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return <span className="attention-since">{sinceMs === null ? '' : text.age(Math.max(0, nowMs - sinceMs))}</span>
}

/** A post of a river: its siaga, level and rate. */
function SiagaRow({ item }: { item: SiagaAttention<SeenDevice> }) {
  const text = useText()
  const { moment } = useCity()
  const focus = useFocus()
  const { post, gauge } = item.water
  const { title, level, details } = siagaWords(item, text, moment)
  return (
    <li className="attention-row siaga-row" data-post={post.id} data-id={gauge?.id} data-siaga={shownSiaga(item.siaga)}>
      <button type="button" onClick={() => gauge !== undefined && focus.show({ device: gauge.id })}>
        <SiagaSign siaga={item.siaga} />
        <span className="attention-name">{title}</span>
        <Since sinceMs={item.sinceMs} />
        <Words parts={[level, ...details]} />
      </button>
    </li>
  )
}

/** A device that somebody should look at: which, what is wrong, since when. */
function DeviceRow({ item }: { item: DeviceAttention<SeenDevice> }) {
  const text = useText()
  const { moment } = useCity()
  const focus = useFocus()
  const { device, condition } = item
  const words =
    condition === 'fault'
      ? text.t('trouble.fault', { metrics: faultNames(device, text) })
      : saysAll(condition)
        ? text.t(`trouble.${condition}`)
        : stateWords(device, text, moment.nowMs)
  const reason = condition === 'fault' || saysAll(condition) ? '' : reasonWords(device, text)
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
        <Since sinceMs={item.sinceMs} />
        <Words parts={[words, reason]} />
      </button>
    </li>
  )
}

/** One line of what needs attention. */
export function AttentionRow({ item }: { item: Attention<SeenDevice> }) {
  return item.kind === 'siaga' ? <SiagaRow item={item} /> : <DeviceRow item={item} />
}

export const attentionKey = (item: Attention<SeenDevice>): string =>
  item.kind === 'siaga' ? `post ${item.water.post.id}` : item.device.id
