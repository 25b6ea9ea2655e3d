import { type ComponentProps, type ReactNode, useState } from 'react'
import { areaName } from '../../core/city/site.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { type BulkField, todayOf } from '../../core/kit/bulk-edit.ts'
import type { TextKey, Translator } from '../../core/text/translate.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'

const labels: Record<BulkField, TextKey> = {
  expectedS: 'form.interval',
  parentId: 'form.parent',
  areaCode: 'device.area',
  opd: 'form.opd',
  disabled: 'bulk.service',
}

function valueWords(
  field: BulkField,
  is: string | number | boolean | null,
  text: Translator,
  area: (code: string) => string,
) {
  if (is === null || is === '') return text.t('bulk.nothing')
  if (field === 'areaCode') return area(String(is))
  if (typeof is === 'boolean') return text.t(is ? 'bulk.out' : 'bulk.in')
  return typeof is === 'number' ? text.number(is) : is
}

/** What the chosen devices have today, or that they differ. */
function Today({ field, devices }: { field: BulkField; devices: readonly ListedDevice[] }) {
  const text = useText()
  const site = useObservable(useCore().site)
  const today = todayOf(devices, field)
  const words = today.same ? valueWords(field, today.is, text, (code) => areaName(site, code)) : text.t('bulk.mixed')
  return <small data-today={today.same ? 'same' : 'mixed'}>{text.t('bulk.today', { words })}</small>
}

interface Props {
  field: BulkField
  devices: readonly ListedDevice[]
}

/** A field that is left alone until somebody says otherwise; `children`: what else it can become. */
export function BulkSelect(props: Props & { children?: ReactNode; onPick?: (choice: string) => void }) {
  const text = useText()
  const { field, devices, onPick } = props
  return (
    <label className="field">
      <span>{text.t(labels[field])}</span>
      <select name={field} defaultValue="leave" onChange={(event) => onPick?.(event.target.value)}>
        <option value="leave">{text.t('bulk.leave')}</option>
        {props.children}
      </select>
      <Today field={field} devices={devices} />
    </label>
  )
}

/** A field that is left alone, emptied, or set to what is typed. */
export function BulkInput(props: Props & { clear: TextKey; input: ComponentProps<'input'> }) {
  const text = useText()
  const [choice, setChoice] = useState('leave')
  const { field, devices, clear, input } = props
  return (
    <div className="form-pair">
      <BulkSelect field={field} devices={devices} onPick={setChoice}>
        <option value="set">{text.t('bulk.set')}</option>
        <option value="clear">{text.t(clear)}</option>
      </BulkSelect>
      {choice === 'set' && (
        <label className="field">
          <span>
            {text.t('bulk.becomes')}
            <span className="hidden-text"> {text.t(labels[field])}</span>
          </span>
          <input name={`${field}-value`} required autoComplete="off" maxLength={80} {...input} />
        </label>
      )}
    </div>
  )
}
