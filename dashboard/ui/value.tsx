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

/**
 * The only way a measured value gets onto a screen: with its state, and with its age as soon as it is not simply live.
 * `metric` names it in the dictionary; a value that does not exist is drawn as a dash with "no data".
 */
export function Value({
  live,
  metric,
  always,
}: {
  live: Live<number | boolean> | undefined
  metric: string
  always?: boolean
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
  return (
    <span className="value" data-state={drawn.state} data-age-s={age} data-fault={drawn.shown && drawn.fault}>
      <span className="value-number">{drawn.shown ? text.measure(drawn.value, findMetric(metric)) : '—'}</span>
      {note !== '' && <span className="value-remark">{note}</span>}
    </span>
  )
}
