import { findMetric } from '../../contract/metrics.ts'
import type { SeenManual } from '../core/city/manual.ts'
import { useCity, useText } from './core-context.tsx'

/** The mark of everything that a person read by eye: a word, framed, so that no colour is needed. */
export function ManualMark() {
  const text = useText()
  return <b className="manual-mark">{text.t('manual.mark')}</b>
}

/**
 * The only way a reading by hand gets onto a page: with its mark, its age and the role of its author. `besides`: a live value
 * stands beside it, so that only what is of the present is worth its room.
 */
export function ManualValue(props: { manual: SeenManual | null; metric: string; besides: boolean }) {
  const text = useText()
  const { moment } = useCity()
  const drawn = props.manual?.draw(props.metric, moment)
  if (drawn === undefined || (props.besides && !drawn.present)) return null
  return (
    <span
      className="manual-value"
      data-manual={props.metric}
      data-present={drawn.present}
      data-age-s={Math.floor(drawn.ageMs / 1000)}
    >
      <ManualMark />
      <span className="manual-number">{text.measure(drawn.value, findMetric(props.metric))}</span>
      <span className="value-remark">
        {text.t(`manual.by.${drawn.role}`)} · {text.age(drawn.ageMs)}
      </span>
    </span>
  )
}
