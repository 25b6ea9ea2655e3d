import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ListedDevice } from '../../core/connection/registry.ts'
import type { BulkResult } from '../../core/kit/bulk-edit.ts'
import { labelPath } from '../../core/kit/label-sheet.ts'
import type { RowChoice } from '../../core/kit/row-choice.ts'
import { useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { MaintenanceForm } from '../maintenance/maintenance-form.tsx'
import { BulkWindow } from './bulk-window.tsx'
import { ChoiceBar } from './choice-bar.tsx'
import type { Choosing } from './use-row-choice.ts'

/** Gives the keyboard to the list, for the button that had it is gone. */
function toList(): void {
  document.querySelector<HTMLElement>('.table-row[tabindex="0"]')?.focus()
}

/** The bar of the device list, and the windows that it opens. */
export function ChosenDevices(props: {
  devices: readonly ListedDevice[]
  shown: readonly string[]
  choosing: Choosing
  onChanged: () => void
}) {
  const text = useText()
  const [, navigate] = useLocation()
  const [editing, setEditing] = useState(false)
  const [planning, setPlanning] = useState(false)
  const [last, setLast] = useState<{ choice: RowChoice; result: BulkResult } | undefined>()
  useKeyboardBack(editing || planning)
  const { devices, choosing } = props
  const chosen = devices.filter(({ id }) => choosing.ids.has(id))
  const shown = new Set(props.shown)
  // It is about what was chosen then.
  const result = last !== undefined && last.choice === choosing.choice ? last.result : undefined

  function clear(): void {
    choosing.clear()
    toList()
  }

  return (
    <>
      <ChoiceBar
        choosing={choosing}
        hidden={chosen.filter(({ id }) => !shown.has(id)).length}
        result={result}
        onClear={clear}
      >
        <button type="button" onClick={() => setEditing(true)}>
          {text.t('choice.edit')}
        </button>
        <button type="button" onClick={() => setPlanning(true)}>
          {text.t('choice.maintenance')}
        </button>
        <button type="button" onClick={() => navigate(labelPath(chosen.map(({ id }) => id)))}>
          {text.t('choice.labels')}
        </button>
      </ChoiceBar>
      {planning && (
        <MaintenanceForm
          deviceIds={chosen.map(({ id }) => id)}
          onClose={() => setPlanning(false)}
          onMade={() => {
            setPlanning(false)
            props.onChanged()
          }}
        />
      )}
      {editing && (
        <BulkWindow
          devices={chosen}
          gateways={devices.filter(({ kind }) => kind === 'gateway').map(({ id }) => id)}
          onClose={() => setEditing(false)}
          onChanged={(result) => {
            setLast({ choice: choosing.choice, result })
            props.onChanged()
          }}
        />
      )}
    </>
  )
}
