import { type SubmitEvent, useState } from 'react'
import { Link } from 'wouter'
import { profiles } from '../../../contract/profiles/index.ts'
import { answer } from '../../core/connection/answers.ts'
import { type ListedDevice, registered } from '../../core/connection/registry.ts'
import { installPath, labelPath } from '../../core/kit/label-sheet.ts'
import type { TextKey } from '../../core/text/translate.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { KeyFactList } from '../key-facts.tsx'

interface Props {
  /** `undefined`: a new one. */
  device: ListedDevice | undefined
  /** What a new one is called already. */
  newId?: string
  onClose: () => void
  onAction: (action: 'key' | 'revoke' | 'delete') => void
  onSaved: (device: ListedDevice, key: string | undefined) => void
}

/** As contract/topics.ts has it, in the words of an HTML form. */
const idPattern = '[a-z0-9][a-z0-9\\-]{1,62}'

const textOf = (form: FormData, name: string): string | null => String(form.get(name) ?? '').trim() || null
const numberOf = (form: FormData, name: string): number | null => {
  const text = textOf(form, name)
  return text === null ? null : Number(text.replace(',', '.'))
}

function bodyOf(form: FormData, device: ListedDevice | undefined): Record<string, unknown> {
  const body = {
    name: textOf(form, 'name'),
    lat: numberOf(form, 'lat'),
    lon: numberOf(form, 'lon'),
    parentId: textOf(form, 'parentId'),
    opd: textOf(form, 'opd'),
  }
  const expectedS = numberOf(form, 'expectedS')
  if (device !== undefined) {
    // The profile's own interval is shown too; only another one is an override.
    const interval = expectedS === device.expectedS ? {} : { expectedS }
    return { ...body, ...interval, name: body.name ?? undefined, disabled: form.get('disabled') === 'on' }
  }
  const given = Object.entries(body).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(given), id: textOf(form, 'id'), profile: textOf(form, 'profile') }
}

function Field(props: {
  name: string
  label: TextKey
  hint?: TextKey
  value?: string | number | null | undefined
  pattern?: string
  required?: boolean
  decimal?: boolean
}) {
  const text = useText()
  return (
    <label className="field">
      <span>{text.t(props.label)}</span>
      <input
        name={props.name}
        defaultValue={props.value ?? ''}
        pattern={props.pattern ?? (props.decimal ? '-?\\d{1,3}([.,]\\d+)?' : undefined)}
        inputMode={props.decimal ? 'decimal' : undefined}
        required={props.required}
        maxLength={80}
        autoComplete="off"
      />
      {props.hint !== undefined && <small>{text.t(props.hint)}</small>}
    </label>
  )
}

/** Registers a device, or changes what is registered of one. */
export function DeviceForm({ device, newId, onClose, onAction, onSaved }: Props) {
  const { rest } = useCore()
  const text = useText()
  const [failed, setFailed] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const isNew = device === undefined

  async function save(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setFailed(null)
    const body = bodyOf(new FormData(event.currentTarget), device)
    try {
      if (isNew) {
        const made = await rest.send('POST', '/api/v1/devices', body, answer('deviceKey'))
        onSaved(registered(made.device), made.key)
      } else {
        onSaved(registered(await rest.send('PATCH', `/api/v1/devices/${device.id}`, body, answer('device'))), undefined)
      }
    } catch (error) {
      setFailed(failureText(error, text))
      setBusy(false)
    }
  }

  return (
    <Window title={isNew ? text.t('form.add') : text.t('form.edit', { id: device.id })} onClose={onClose}>
      <form className="form" onSubmit={(event) => void save(event)}>
        {isNew && (
          <>
            <Field name="id" label="device.id" hint="form.idHint" value={newId} pattern={idPattern} required />
            <label className="field">
              <span>{text.t('devices.column.profile')}</span>
              <select name="profile" required>
                {profiles.map((profile) => (
                  <option key={profile.id} value={profile.id}>
                    {text.label(profile.label)}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <Field name="name" label="form.name" value={device?.name} />
        <div className="form-pair">
          <Field name="lat" label="form.lat" value={device?.lat} decimal />
          <Field name="lon" label="form.lon" value={device?.lon} decimal />
        </div>
        <div className="form-pair">
          <Field
            name="parentId"
            label="form.parent"
            hint="form.parentHint"
            value={device?.parentId}
            pattern={idPattern}
          />
          <Field name="opd" label="form.opd" value={device?.opd} />
        </div>
        {!isNew && (
          <Field name="expectedS" label="form.interval" hint="form.intervalHint" value={device.expectedS} decimal />
        )}
        {!isNew && (
          <label className="field-check">
            <input type="checkbox" name="disabled" defaultChecked={device.disabled} />
            <span>{text.t('form.disabled')}</span>
          </label>
        )}
        <Failure>{failed}</Failure>
        {!isNew && <KeyFactList device={device} />}
        {!isNew && (
          <p className="form-actions">
            {(['key', 'revoke', 'delete'] as const).map((action) => (
              <button key={action} type="button" className="small" onClick={() => onAction(action)}>
                {text.t(`confirm.${action}.open`)}
              </button>
            ))}
            <Link className="link-button" href={labelPath([device.id])}>
              {text.t('labels.open')}
            </Link>
            <Link className="link-button" href={installPath(device.id)}>
              {text.t('device.install')}
            </Link>
          </p>
        )}
        <footer className="window-foot">
          <button type="button" onClick={onClose}>
            {text.t('form.cancel')}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {text.t(isNew ? 'form.register' : 'form.save')}
          </button>
        </footer>
      </form>
    </Window>
  )
}
