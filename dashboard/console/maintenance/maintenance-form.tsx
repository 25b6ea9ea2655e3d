import { iso } from '../../../contract/time.ts'
import './maintenance.css'
import { type SubmitEvent, useState } from 'react'
import { maxMaintenanceDevices } from '../../../contract/http/call-limits.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { DeviceChoice } from '../devices/device-choice.tsx'
import { WindowFoot } from '../window-foot.tsx'
import { ReasonField, TimeField, UntilField } from './maintenance-time.tsx'
import { maintenancePath } from './use-maintenance.ts'

/** Takes devices into maintenance. `deviceIds`: chosen already, where the form was opened from a list of devices. */
export function MaintenanceForm(props: { deviceIds: readonly string[]; onClose: () => void; onMade: () => void }) {
  const { rest } = useCore()
  const text = useText()
  const { nowMs } = useCity().moment
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(props.deviceIds))
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const [failed, setFailed] = useState<unknown>()
  const [incomplete, setIncomplete] = useState(false)
  const countFault = chosen.size === 0 ? 'maintenance.noDevices' : 'maintenance.tooManyDevices'
  const isCountable = chosen.size > 0 && chosen.size <= maxMaintenanceDevices

  async function make(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    setIncomplete(!isCountable)
    const [fromMs, untilMs] = [text.cityTime.fieldMs(from), text.cityTime.fieldMs(until)]
    if (!isCountable || untilMs === undefined) return
    try {
      await rest.send('POST', maintenancePath, {
        deviceIds: [...chosen],
        until: iso(untilMs),
        reason: reason.trim(),
        ...(fromMs !== undefined && { from: iso(fromMs) }),
      })
      props.onMade()
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <Window title={text.t('maintenance.add')} onClose={props.onClose}>
      <DeviceChoice chosen={chosen} onChange={setChosen} />
      <form className="form" onSubmit={(event) => void make(event)}>
        <TimeField
          name="from"
          label={text.t('maintenance.from', { zone: text.zone(nowMs) })}
          hint={text.t('maintenance.fromHint')}
          value={from}
          onChange={setFrom}
        />
        <UntilField from={from} value={until} onChange={setUntil} />
        <ReasonField value={reason} onChange={setReason} />
        <Failure>{incomplete && !isCountable && text.t(countFault, { n: text.number(maxMaintenanceDevices) })}</Failure>
        <WindowFoot failed={failed} onClose={props.onClose}>
          <button type="submit" className="primary">
            {text.t('maintenance.make')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
