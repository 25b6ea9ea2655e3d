import { type SubmitEvent, useState } from 'react'
import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { iso } from '../../../contract/time.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { WindowFoot } from '../window-foot.tsx'
import { ReasonField, UntilField } from './maintenance-time.tsx'
import { maintenancePath } from './use-maintenance.ts'

/** Lets a maintenance end at another time, or says why better. */
export function MaintenanceEdit(props: { maintenance: Maintenance; onClose: () => void; onSaved: () => void }) {
  const { rest } = useCore()
  const text = useText()
  const { id, from, until: before, reason: reasonBefore } = props.maintenance
  const fieldBefore = text.cityTime.field(Date.parse(before))
  const { nowMs } = useCity().moment
  const fromMs = Date.parse(from)
  const [until, setUntil] = useState(fieldBefore)
  const [reason, setReason] = useState(reasonBefore)
  const [failed, setFailed] = useState<unknown>()

  async function save(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const untilMs = text.cityTime.fieldMs(until)
    // An end that nobody touched stays to the second.
    const moved = until !== fieldBefore && untilMs !== undefined
    try {
      await rest.send('PATCH', `${maintenancePath}/${id}`, {
        reason: reason.trim(),
        ...(moved && { until: iso(untilMs) }),
      })
      props.onSaved()
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <Window title={text.t('maintenance.editTitle')} onClose={props.onClose}>
      <form className="form" onSubmit={(event) => void save(event)}>
        <UntilField from={fromMs > nowMs ? text.cityTime.field(fromMs) : ''} value={until} onChange={setUntil} />
        <ReasonField value={reason} onChange={setReason} />
        <WindowFoot failed={failed} onClose={props.onClose}>
          <button type="submit" className="primary">
            {text.t('form.save')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
