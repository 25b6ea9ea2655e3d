import { useState } from 'react'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { DeviceForm } from '../devices/device-form.tsx'
import { KeyWindow } from '../devices/key-window.tsx'

/** A label of a device that nobody registered, or that was removed. */
export function InstallUnknown({
  id,
  editable,
  onRegistered,
}: {
  id: string
  editable: boolean
  onRegistered: () => void
}) {
  const text = useText()
  const [asking, setAsking] = useState(false)
  const [made, setMade] = useState<{ device: ListedDevice; key: string } | undefined>()
  useKeyboardBack(asking || made !== undefined)
  return (
    <div className="install-part">
      <p role="status">{text.t('install.unknown', { id })}</p>
      {editable && (
        <button type="button" className="primary" onClick={() => setAsking(true)}>
          {text.t('install.register')}
        </button>
      )}
      {!editable && <p className="calm">{text.t('install.askAdmin')}</p>}
      {asking && (
        <DeviceForm
          device={undefined}
          newId={id}
          onClose={() => setAsking(false)}
          onAction={() => undefined}
          onSaved={(device, key) => {
            setAsking(false)
            if (key !== undefined) setMade({ device, key })
          }}
        />
      )}
      {made !== undefined && (
        <KeyWindow device={made.device} secret={made.key} oldKeyUntil={undefined} onClose={onRegistered} />
      )}
    </div>
  )
}
