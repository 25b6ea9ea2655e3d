import { useState } from 'react'
import { answer } from '../../core/connection/answers.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { DeviceForm } from './device-form.tsx'
import { KeyWindow } from './key-window.tsx'
import { OverlapChoice } from './overlap-choice.tsx'

type Named = Pick<ListedDevice, 'id' | 'name' | 'kind' | 'profile'>

/** Which window is open. */
export type DialogState =
  | { open: 'none' }
  | { open: 'add' }
  | { open: 'edit'; device: ListedDevice }
  | { open: 'confirm'; action: 'key' | 'revoke' | 'delete'; device: ListedDevice }
  | { open: 'key'; device: Named; key: string; oldKeyUntil?: string | undefined }

interface Props {
  state: DialogState
  setState: (next: DialogState) => void
  onChanged: () => void
}

function Confirm({ state, setState, onChanged }: Props & { state: Extract<DialogState, { open: 'confirm' }> }) {
  const { rest } = useCore()
  const text = useText()
  const [failed, setFailed] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [endOld, setEndOld] = useState(false)
  const { action, device } = state
  const path = `/api/v1/devices/${device.id}`

  async function act(): Promise<void> {
    setBusy(true)
    try {
      if (action === 'key') {
        const made = await rest.send('POST', `${path}/key`, { now: endOld }, answer('deviceKey'))
        setState({ open: 'key', device, key: made.key, oldKeyUntil: made.device.oldKey?.until })
      } else {
        await (action === 'revoke' ? rest.send('POST', `${path}/revoke`) : rest.send('DELETE', path))
        setState({ open: 'none' })
      }
      onChanged()
    } catch (error) {
      setFailed(failureText(error, text))
      setBusy(false)
    }
  }

  return (
    <Window title={text.t(`confirm.${action}.title`)} onClose={() => setState({ open: 'none' })}>
      <p>{text.t(`confirm.${action}.text`, { name: device.name, id: device.id })}</p>
      {action === 'key' && <OverlapChoice device={device} endOld={endOld} onChange={setEndOld} />}
      <Failure>{failed}</Failure>
      <footer className="window-foot">
        <button type="button" onClick={() => setState({ open: 'none' })}>
          {text.t('form.cancel')}
        </button>
        <button type="button" className="primary" disabled={busy} onClick={() => void act()}>
          {text.t(`confirm.${action}.yes`)}
        </button>
      </footer>
    </Window>
  )
}

/** The windows of the device list, one at a time. */
export function DeviceDialogs({ state, setState, onChanged }: Props) {
  const close = () => setState({ open: 'none' })
  switch (state.open) {
    case 'none':
      return null
    case 'add':
    case 'edit':
      return (
        <DeviceForm
          device={state.open === 'edit' ? state.device : undefined}
          onClose={close}
          onAction={(action) => state.open === 'edit' && setState({ open: 'confirm', action, device: state.device })}
          onSaved={(device, key) => {
            onChanged()
            setState(key === undefined ? { open: 'none' } : { open: 'key', device, key })
          }}
        />
      )
    case 'confirm':
      return <Confirm state={state} setState={setState} onChanged={onChanged} />
    case 'key':
      return <KeyWindow device={state.device} secret={state.key} oldKeyUntil={state.oldKeyUntil} onClose={close} />
  }
}
