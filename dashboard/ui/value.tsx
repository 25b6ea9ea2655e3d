import { findMetric } from '../../contract/metrics.ts'
import { type Live, type Moment, type Rendered, renderLive } from '../core/city/live.ts'
import type { Translator } from '../core/text/translate.ts'
import { useCity, useText } from './core-context.tsx'
import { maintenanceWords } from './state-text.tsx'

/** What stands beside a value that is not simply live. */
function remark(drawn: Rendered<unknown>, text: Translator, moment: Moment): string {
  if (!drawn.shown) return drawn.why === 'never' ? text.t('value.none') : ''
  if (drawn.maintenanceUntilMs !== null) return maintenanceWords(drawn.maintenanceUntilMs, text, moment.nowMs)
  if (drawn.fault) return text.t('state.fault')
  switch (drawn.state) {
    case 'online':
      return ''
    case 'late':
      return text.age(drawn.ageMs)
    case 'stale':
      return text.t('state.staleFor', { age: text.age(drawn.ageMs) })
    case 'offline':
      return text.t('value.last', { time: text.moment(drawn.measuredAtMs, moment.nowMs) })
    case 'frozen':
      return text.t('state.frozen')
    case 'disabled':
      return text.t('state.disabled')
    case 'unknown':
      return text.t('value.none')
  }
}

/** The same where there is little room: the form of the value says the rest. */
function briefRemark(drawn: Rendered<unknown>, text: Translator, moment: Moment): string {
  if (!drawn.shown || drawn.fault) return remark(drawn, text, moment)
  if (drawn.maintenanceUntilMs !== null) return text.t('device.cause.maintenance')
  switch (drawn.state) {
    case 'stale':
      return text.age(drawn.ageMs)
    case 'offline':
      return text.moment(drawn.measuredAtMs, moment.nowMs)
    case 'frozen':
      return text.t('value.frozen')
    default:
      return remark(drawn, text, moment)
  }
}

/**
 * The only way a measured value gets onto a page: with its state, and with its age as soon as it is not simply live.
 * `metric` names it in the dictionary; a value that does not exist is drawn as a dash with "no data". `brief`: shorter
 * words are at hand where the place is narrow (`.remark-brief` in the style sheet of that place).
 */
export function Value({
  live,
  metric,
  always,
  brief,
}: {
  live: Live<number | boolean> | undefined
  metric: string
  always?: boolean
  brief?: boolean
}) {
  const text = useText()
  const { moment } = useCity()
  if (live === undefined) {
    return (
      <span className="value" data-state="unknown" data-missing="true">
        <span className="value-number">—</span>
        <span className="value-remark">{text.t('value.none')}</span>
      </span>
    )
  }
  const drawn = renderLive(live, moment)
  const words = remark(drawn, text, moment)
  const age = drawn.ageMs === null ? undefined : Math.floor(drawn.ageMs / 1000)
  const note = always && words === '' && drawn.ageMs !== null ? text.age(drawn.ageMs) : words
  const short = brief && words !== '' ? briefRemark(drawn, text, moment) : note
  return (
    <span className="value" data-state={drawn.state} data-age-s={age} data-fault={drawn.shown && drawn.fault}>
      <span className="value-number">{drawn.shown ? text.measure(drawn.value, findMetric(metric)) : '—'}</span>
      {note !== '' && <span className={short === note ? 'value-remark' : 'value-remark remark-long'}>{note}</span>}
      {short !== note && <span className="value-remark remark-brief">{short}</span>}
    </span>
  )
}
