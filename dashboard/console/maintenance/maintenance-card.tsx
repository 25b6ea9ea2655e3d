import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'

export type MaintenanceAction = 'edit' | 'end' | 'cancel'

/** More names than this are only counted. */
const maxNames = 200

/** One maintenance: why, when, who, which devices; with the ways to change it for those who may. */
export function MaintenanceCard(props: {
  maintenance: Maintenance
  onAction: ((action: MaintenanceAction) => void) | undefined
}) {
  const text = useText()
  const { nowMs } = useCity().moment
  const { maintenance, onAction } = props
  const { from, until, reason, madeBy, madeAt, deviceIds } = maintenance
  const moment = (time: string) => text.moment(Date.parse(time), nowMs)
  return (
    <li className="maintenance-card" data-maintenance={maintenance.id}>
      <h3>{reason}</h3>
      <p className="maintenance-when">
        {moment(from)} – {moment(until)} {text.zone(Date.parse(until))}
      </p>
      <p className="faint">
        {text.t('maintenance.madeBy', {
          name: madeBy.replace(/^user:/, ''),
          time: moment(madeAt),
          zone: text.zone(Date.parse(madeAt)),
        })}
      </p>
      <details>
        <summary>{text.t('maintenance.devices', { n: text.number(deviceIds.length) })}</summary>
        <Names ids={deviceIds} />
      </details>
      {onAction !== undefined && (
        <p className="form-actions">
          <button type="button" onClick={() => onAction('edit')}>
            {text.t('maintenance.edit')}
            <span className="hidden-text"> {reason}</span>
          </button>
          {Date.parse(from) <= nowMs ? (
            <button type="button" onClick={() => onAction('end')}>
              {text.t('maintenance.end')}
              <span className="hidden-text"> {reason}</span>
            </button>
          ) : (
            <button type="button" onClick={() => onAction('cancel')}>
              {text.t('maintenance.cancel')}
              <span className="hidden-text"> {reason}</span>
            </button>
          )}
        </p>
      )}
    </li>
  )
}

function Names({ ids }: { ids: readonly string[] }) {
  const text = useText()
  const { byId } = useCity()
  const focus = useFocus()
  return (
    <ul className="maintenance-names">
      {ids.slice(0, maxNames).map((id) => (
        <li key={id}>
          <button type="button" className="plain" onClick={() => focus.show({ device: id })}>
            {byId.get(id)?.name ?? id}
          </button>
        </li>
      ))}
      {ids.length > maxNames && <li>{text.t('maintenance.more', { n: text.number(ids.length - maxNames) })}</li>}
    </ul>
  )
}
