import './maintenance.css'
import { useState } from 'react'
import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { byTime } from '../../core/city/maintenance.ts'
import { useAble, useCity, useCore, useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { ConfirmWindow } from '../window-foot.tsx'
import { type MaintenanceAction, MaintenanceCard } from './maintenance-card.tsx'
import { MaintenanceEdit } from './maintenance-edit.tsx'
import { MaintenanceForm } from './maintenance-form.tsx'
import { maintenancePath, useMaintenance } from './use-maintenance.ts'

type Open = { window: 'none' | 'add' } | { window: MaintenanceAction; of: Maintenance }

/** Lists the devices on which somebody works, or will: they count neither as live nor as broken meanwhile. */
export function MaintenancePage() {
  const editable = useAble('editMaintenance')
  const { rest } = useCore()
  const text = useText()
  const { nowMs } = useCity().moment
  const [past, setPast] = useState(false)
  const { windows, failed, reload } = useMaintenance({ past })
  const [open, setOpen] = useState<Open>({ window: 'none' })
  useKeyboardBack(open.window !== 'none')
  const close = () => setOpen({ window: 'none' })
  const done = () => {
    close()
    void reload()
  }
  const groups = byTime(windows ?? [], nowMs)
  const cards = (some: readonly Maintenance[], empty: 'maintenance.noRunning' | 'maintenance.noComing') => (
    <Cards
      windows={some}
      empty={text.t(empty)}
      onAction={editable ? (window, of) => setOpen({ window, of }) : undefined}
    />
  )
  return (
    <section className="page maintenance-page" aria-label={text.t('maintenance.title')}>
      <header className="page-head">
        <h1>{text.t('maintenance.title')}</h1>
        <p className="page-count">{text.t('maintenance.explain')}</p>
        {editable && (
          <button type="button" className="primary" onClick={() => setOpen({ window: 'add' })}>
            {text.t('maintenance.add')}
          </button>
        )}
      </header>
      <Failure onRetry={() => void reload()}>{failed !== undefined && failureText(failed, text)}</Failure>
      {windows !== undefined && (
        <>
          <h2>{text.t('maintenance.running')}</h2>
          {cards(groups.running, 'maintenance.noRunning')}
          <h2>{text.t('maintenance.coming')}</h2>
          {cards(groups.coming, 'maintenance.noComing')}
          <details className="maintenance-past" onToggle={(event) => setPast(event.currentTarget.open)}>
            <summary>{text.t('maintenance.past')}</summary>
            <Cards windows={groups.past} empty={text.t('maintenance.noPast')} onAction={undefined} />
          </details>
        </>
      )}
      {open.window === 'add' && <MaintenanceForm deviceIds={[]} onClose={close} onMade={done} />}
      {open.window === 'edit' && <MaintenanceEdit maintenance={open.of} onClose={close} onSaved={done} />}
      {(open.window === 'end' || open.window === 'cancel') && (
        <ConfirmWindow
          title={text.t(`maintenance.${open.window}Title`)}
          words={text.t(`maintenance.${open.window}Text`, { reason: open.of.reason, n: open.of.deviceIds.length })}
          yes={text.t(`maintenance.${open.window}`)}
          act={() => rest.send('DELETE', `${maintenancePath}/${open.of.id}`)}
          onClose={close}
          onDone={done}
        />
      )}
    </section>
  )
}

function Cards(props: {
  windows: readonly Maintenance[]
  empty: string
  onAction: ((action: MaintenanceAction, of: Maintenance) => void) | undefined
}) {
  const { windows, empty, onAction } = props
  if (windows.length === 0) return <p className="empty">{empty}</p>
  return (
    <ul className="maintenance-cards">
      {windows.map((window) => (
        <MaintenanceCard
          key={window.id}
          maintenance={window}
          onAction={onAction === undefined ? undefined : (action) => onAction(action, window)}
        />
      ))}
    </ul>
  )
}
