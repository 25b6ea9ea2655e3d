import { quickEndMs, quickEnds } from '../../core/city/maintenance.ts'
import { useCity, useText } from '../../ui/core-context.tsx'

/** A moment of the city, typed; the field knows no zone, and what stands in it is the city's time. */
export function TimeField(props: {
  name: string
  label: string
  hint: string
  value: string
  required?: boolean
  onChange: (value: string) => void
}) {
  return (
    <label className="field">
      <span>{props.label}</span>
      <input
        name={props.name}
        type="datetime-local"
        value={props.value}
        required={props.required ?? false}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <small>{props.hint}</small>
    </label>
  )
}

/** When it ends: typed, or chosen from the usual ends. `from` empty: it begins now. */
export function UntilField(props: { from: string; value: string; onChange: (value: string) => void }) {
  const text = useText()
  const { nowMs } = useCity().moment
  const fromMs = text.cityTime.fieldMs(props.from) ?? nowMs
  return (
    <>
      <TimeField
        name="until"
        label={text.t('maintenance.until', { zone: text.zone(nowMs) })}
        hint={text.t('maintenance.untilHint')}
        value={props.value}
        required
        onChange={props.onChange}
      />
      <p className="form-actions">
        {quickEnds.map((end) => (
          <button
            key={end}
            type="button"
            className="small"
            onClick={() => props.onChange(text.cityTime.field(quickEndMs(end, fromMs, text.cityTime)))}
          >
            {text.t(`maintenance.quick.${end}`)}
          </button>
        ))}
      </p>
    </>
  )
}

export function ReasonField(props: { value: string; onChange: (value: string) => void }) {
  const text = useText()
  return (
    <label className="field">
      <span>{text.t('maintenance.reason')}</span>
      <input
        name="reason"
        value={props.value}
        required
        minLength={3}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => props.onChange(event.target.value)}
      />
      <small>{text.t('maintenance.reasonHint')}</small>
    </label>
  )
}
