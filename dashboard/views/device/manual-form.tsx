import './manual-texts.ts'
import { type RefObject, type SubmitEvent, useEffect, useRef, useState } from 'react'
import { manualLimits } from '../../../contract/manual.ts'
import { findMetric, type Metric } from '../../../contract/metrics.ts'
import { iso } from '../../../contract/time.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { useFieldWords } from '../../ui/failure/field-words.ts'

/** The most telling ones of a profile; what nobody reads by eye stands behind them. */
const maxFields = 6

type Field = readonly [name: string, metric: Metric]

function fieldsOf({ look }: SeenDevice): Field[] {
  const known = look.metrics.flatMap((name): Field[] => {
    const metric = findMetric(name)
    return metric === undefined ? [] : [[name, metric]]
  })
  return known.slice(0, maxFields)
}

/** A reading that somebody took by eye: the button, the form behind it, and what became of it. */
export function ManualEntry({ device, onEntered }: { device: SeenDevice; onEntered: () => void }) {
  const text = useText()
  const [open, setOpen] = useState(false)
  const [said, setSaid] = useState('')
  const button = useRef<HTMLButtonElement>(null)
  if (device.look.metrics.length === 0) return null

  function close(words: string): void {
    setOpen(false)
    setSaid(words)
    // The form that had the keyboard is gone.
    requestAnimationFrame(() => button.current?.focus())
  }

  return (
    <section className="manual-entry">
      {!open && (
        <button ref={button} type="button" onClick={() => setOpen(true)}>
          {text.t('manual.enter')}
        </button>
      )}
      <p role="status" className="manual-said">
        {said}
      </p>
      {open && (
        <ManualForm
          device={device}
          onClose={() => close('')}
          onEntered={() => {
            close(text.t('manual.entered'))
            onEntered()
          }}
        />
      )}
    </section>
  )
}

function ManualForm(props: { device: SeenDevice; onClose: () => void; onEntered: () => void }) {
  const { device, onClose } = props
  const { rest, clock } = useCore()
  const text = useText()
  const { nowMs } = useCity().moment
  useFieldWords()
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  // Stays as it is: what is sent again after a failure is the same reading.
  const [startMs] = useState(() => Math.floor(clock.nowMs()))
  const [time, setTime] = useState(() => text.cityTime.field(startMs))
  const [note, setNote] = useState('')
  const [failed, setFailed] = useState<string>('')
  const [busy, setBusy] = useState(false)
  const first = useRef<HTMLInputElement & HTMLSelectElement>(null)
  useEffect(() => first.current?.focus(), [])

  async function enter(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const metrics = metricsIn(values)
    if (Object.keys(metrics).length === 0) return setFailed(text.t('manual.noValue'))
    const untouched = time === text.cityTime.field(startMs)
    const atMs = untouched ? startMs : text.cityTime.fieldMs(time)
    const body = {
      metrics,
      ...(atMs !== undefined && { ts: iso(atMs) }),
      ...(note.trim() !== '' && { note: note.trim() }),
    }
    setBusy(true)
    try {
      await rest.send('POST', `/api/v1/devices/${encodeURIComponent(device.id)}/readings`, body)
      props.onEntered()
    } catch (error) {
      setFailed(failureText(error, text))
      setBusy(false)
    }
  }

  return (
    <form
      className="manual-form"
      aria-label={text.t('manual.enter')}
      onSubmit={(event) => void enter(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        // The panel itself stays.
        event.stopPropagation()
        onClose()
      }}
    >
      <p className="calm">{text.t('manual.hint')}</p>
      {fieldsOf(device).map(([name, metric], index) => (
        <ValueField
          key={name}
          name={name}
          metric={metric}
          value={values[name] ?? ''}
          host={index === 0 ? first : undefined}
          onChange={(value) => setValues((before) => ({ ...before, [name]: value }))}
        />
      ))}
      <label className="manual-field">
        <span>{text.t('manual.time', { zone: text.zone(nowMs) })}</span>
        <input name="ts" type="datetime-local" value={time} required onChange={({ target }) => setTime(target.value)} />
        <small>{text.t('manual.timeHint')}</small>
      </label>
      <label className="manual-field">
        <span>{text.t('manual.note')}</span>
        <input
          name="note"
          value={note}
          maxLength={manualLimits.noteChars}
          autoComplete="off"
          onChange={({ target }) => setNote(target.value)}
        />
        <small>{text.t('manual.noteHint')}</small>
      </label>
      <Failure>{failed}</Failure>
      <p className="manual-actions">
        <button type="submit" disabled={busy}>
          {text.t('manual.save')}
        </button>
        <button type="button" onClick={onClose}>
          {text.t('manual.cancel')}
        </button>
      </p>
    </form>
  )
}

function ValueField(props: {
  name: string
  metric: Metric
  value: string
  host: RefObject<(HTMLInputElement & HTMLSelectElement) | null> | undefined
  onChange: (value: string) => void
}) {
  const text = useText()
  const { name, metric, value, onChange } = props
  const { unit, min, max } = metric
  if (metric.type === 'boolean')
    return (
      <label className="manual-field">
        <span>{text.label(metric.label)}</span>
        <select name={name} value={value} ref={props.host} onChange={({ target }) => onChange(target.value)}>
          <option value="">{text.t('manual.notRead')}</option>
          <option value="1">{text.measure(true, metric)}</option>
          <option value="0">{text.measure(false, metric)}</option>
        </select>
      </label>
    )
  return (
    <label className="manual-field">
      <span>{unit === '' ? text.label(metric.label) : `${text.label(metric.label)} (${unit})`}</span>
      <input
        name={name}
        type="number"
        inputMode="decimal"
        step="any"
        min={min}
        max={max}
        value={value}
        ref={props.host}
        onChange={({ target }) => onChange(target.value)}
      />
      <small>{text.t('manual.range', { min: text.number(min), max: text.number(max), unit })}</small>
    </label>
  )
}

/** What was typed; a field that is left empty was not read. */
function metricsIn(values: Readonly<Record<string, string>>): Record<string, number> {
  const typed = Object.entries(values).filter(([, value]) => value.trim() !== '')
  return Object.fromEntries(typed.map(([name, value]) => [name, Number(value)]))
}
