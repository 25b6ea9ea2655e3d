import { useEffect, useMemo, useRef, useState } from 'react'
import { useAble, useCity, useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { useFocus } from '../../ui/focus-link.ts'
import { useMedia } from '../../ui/hooks/use-media.ts'
import { isForSomebodyElse } from '../../ui/keys.ts'
import { useRegistry } from '../use-registry.ts'
import { ChosenDevices } from './chosen-devices.tsx'
import { DeviceDialogs, type DialogState } from './device-dialogs.tsx'
import { type DeviceFilter, type DeviceLine, deviceLines, filterLines, noFilter } from './device-filter.ts'
import { DeviceFilters } from './device-filters.tsx'
import { DeviceLines } from './device-table.tsx'
import { useRowChoice } from './use-row-choice.ts'

/** `/` goes to the search, `N` adds, as long as nobody is typing. */
function usePageKeys(search: React.RefObject<HTMLInputElement | null>, add: (() => void) | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isForSomebodyElse(event)) return
      if (event.key === '/') search.current?.focus()
      else if (event.key.toLowerCase() === 'n' && add !== undefined) add()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [search, add])
}

/** Why there is no list. */
function Empty({ known, shown }: { known: number | undefined; shown: number }) {
  const text = useText()
  if (known === undefined || shown > 0) return null
  return <p className="empty">{text.t(known === 0 ? 'devices.none' : 'devices.noMatch')}</p>
}

function PageHead({ shown, known, add }: { shown: number; known: number; add: (() => void) | undefined }) {
  const text = useText()
  return (
    <header className="page-head">
      <h1>{text.t('devices.title')}</h1>
      <p className="page-count">{text.t('devices.count', { n: text.number(shown), of: text.number(known) })}</p>
      {add !== undefined && (
        <button type="button" className="primary" onClick={add}>
          {text.t('devices.add')}
        </button>
      )}
    </header>
  )
}

/** Ids of the lines, the same list as long as they are the same: lines are new each second. */
function useStableIds(lines: readonly DeviceLine[]): readonly string[] {
  const joined = lines.map(({ device }) => device.id).join(',')
  return useMemo(() => (joined === '' ? [] : joined.split(',')), [joined])
}

/** Registered devices: find, look at, add, change. */
export function DevicesPage() {
  const editable = useAble('editDevices')
  const text = useText()
  const city = useCity()
  const focus = useFocus()
  const { devices, failed, reload } = useRegistry()
  const [filter, setFilter] = useState<DeviceFilter>(noFilter)
  const [dialog, setDialog] = useState<DialogState>({ open: 'none' })
  const search = useRef<HTMLInputElement>(null)
  const add = useMemo(() => (editable ? () => setDialog({ open: 'add' }) : undefined), [editable])
  usePageKeys(search, add)
  useKeyboardBack(dialog.open !== 'none')

  const lines = useMemo(() => deviceLines(devices ?? [], city), [devices, city])
  const shown = useMemo(() => filterLines(lines, filter, text.language), [lines, filter, text.language])
  const shownIds = useStableIds(shown)
  const choice = useRowChoice(devices, shownIds)
  const narrow = useMedia('(max-width: 900px)')
  const choosing = editable && !narrow ? choice : undefined
  const set = (part: Partial<DeviceFilter>) => setFilter((before) => ({ ...before, ...part }))

  return (
    <section className="page" aria-label={text.t('devices.title')}>
      <PageHead shown={shown.length} known={lines.length} add={add} />
      <DeviceFilters ref={search} filter={filter} lines={lines} onChange={set} />
      <Failure onRetry={() => void reload()}>{failed !== undefined && failureText(failed, text)}</Failure>
      <Empty known={devices?.length} shown={shown.length} />
      {choosing !== undefined && devices !== undefined && devices.length > 0 && (
        <ChosenDevices devices={devices} shown={shownIds} choosing={choosing} onChanged={() => void reload()} />
      )}
      {shown.length > 0 && (
        <DeviceLines
          lines={shown}
          editable={editable}
          choosing={choosing}
          onOpen={(id) => focus.show({ device: id })}
          onEdit={({ device }) => setDialog({ open: 'edit', device })}
        />
      )}
      <DeviceDialogs state={dialog} setState={setDialog} onChanged={() => void reload()} />
    </section>
  )
}
