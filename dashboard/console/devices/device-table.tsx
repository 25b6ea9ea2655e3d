// biome-ignore-all lint/a11y/useSemanticElements: rows of a virtual list cannot stand in a table element.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are handled once, for all rows.
// biome-ignore-all lint/a11y/useFocusableInteractive: the keyboard moves by rows, not by cells.
import type { KeyboardEvent, MouseEvent } from 'react'
import { property } from '../../../domain/geo/geojson.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { reasonWords, stateWords } from '../../ui/state-text.tsx'
import { Value } from '../../ui/value.tsx'
import { momentText } from '../key-facts.tsx'
import { tableKeyOf } from '../table-keys.ts'
import { ChoiceCell, chooseBy } from './choice-cell.tsx'
import type { DeviceLine } from './device-filter.ts'
import { DeviceTableHead } from './device-table-head.tsx'
import type { Choosing } from './use-row-choice.ts'
import { useRowFocus } from './use-row-focus.ts'

interface Props {
  lines: readonly DeviceLine[]
  editable: boolean
  /** `undefined`: rows are not for choosing. */
  choosing: Choosing | undefined
  onOpen: (id: string) => void
  onEdit: (line: DeviceLine) => void
}

/**
 * The device list: only rows in sight exist. Arrow keys move, Enter opens, E edits. Where rows are for choosing, Space chooses,
 * Shift takes a range, Ctrl+A all, Esc none.
 */
export function DeviceLines({ lines, editable, choosing, onOpen, onEdit }: Props) {
  const text = useText()
  const { scroller, rows, active, setActive, focusRow } = useRowFocus(lines.length)
  const idAt = (index: number): string => lines[index]?.device.id ?? ''

  function move(rows: number, choose: boolean): void {
    const next = Math.max(0, Math.min(lines.length - 1, active + rows))
    if (choose) choosing?.range(idAt(active), idAt(next))
    focusRow(next)
  }

  /** Whether the key was for the list. */
  function act(event: KeyboardEvent): boolean {
    const line = lines[active]
    const key = tableKeyOf(event, lines.length)
    if (key === undefined || line === undefined) return false
    switch (key.does) {
      case 'move':
        move(key.rows, key.choose)
        return true
      case 'open':
        onOpen(line.device.id)
        return true
      case 'edit':
        if (editable) onEdit(line)
        return editable
      default:
        return choosing !== undefined && chooseBy(key.does, choosing, line.device.id)
    }
  }

  function onKey(event: KeyboardEvent): void {
    if (event.target instanceof HTMLButtonElement) return
    if (act(event)) event.preventDefault()
  }

  function onClick(event: MouseEvent, index: number): void {
    if (choosing === undefined || !(event.shiftKey || event.ctrlKey || event.metaKey)) return onOpen(idAt(index))
    if (event.shiftKey) choosing.range(idAt(active), idAt(index))
    else choosing.toggle(idAt(index))
    focusRow(index)
  }

  return (
    <div
      className={choosing === undefined ? 'table' : 'table choosing'}
      role="grid"
      aria-rowcount={lines.length + 1}
      aria-multiselectable={choosing === undefined ? undefined : true}
      aria-label={text.t('devices.title')}
    >
      <DeviceTableHead choosing={choosing} />
      <div className="table-body" ref={scroller} onKeyDown={onKey} role="rowgroup">
        <div className="table-all" style={{ height: rows.getTotalSize() }} role="presentation">
          {rows.getVirtualItems().map((row) => {
            const line = lines[row.index]
            if (line === undefined) return null
            return (
              <div
                key={line.device.id}
                role="row"
                tabIndex={row.index === active ? 0 : -1}
                aria-rowindex={row.index + 2}
                className="table-row"
                data-index={row.index}
                data-id={line.device.id}
                data-state={line.state}
                data-age-s={line.seen?.ageMs == null ? undefined : Math.floor(line.seen.ageMs / 1000)}
                style={{ transform: `translateY(${row.start}px)`, height: row.size }}
                aria-selected={choosing?.ids.has(line.device.id)}
                onFocus={() => setActive(row.index)}
                onMouseDown={(event) => {
                  // The range begins where the keyboard is, and marks no text.
                  if (event.shiftKey && choosing !== undefined) event.preventDefault()
                }}
                onClick={(event) => onClick(event, row.index)}
              >
                {choosing !== undefined && (
                  <ChoiceCell
                    name={line.device.name}
                    chosen={choosing.ids.has(line.device.id)}
                    onChoose={(shift) => {
                      if (shift) choosing.range(idAt(active), line.device.id)
                      else choosing.toggle(line.device.id)
                      focusRow(row.index)
                    }}
                  />
                )}
                <Cells line={line} />
                <span role="gridcell" className="col-actions">
                  {editable && (
                    <button
                      type="button"
                      className="small"
                      tabIndex={row.index === active ? 0 : -1}
                      onClick={(event) => {
                        event.stopPropagation()
                        onEdit(line)
                      }}
                    >
                      {text.t('devices.manage')}
                      <span className="hidden-text"> {line.device.name}</span>
                    </button>
                  )}
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function Cells({ line }: { line: DeviceLine }) {
  const text = useText()
  const { moment } = useCity()
  const site = useObservable(useCore().site)
  const { device, seen, state } = line
  const kecamatan = site.kecamatan.find((area) => device.areaCode?.startsWith(property(area, 'code')))
  const metric = seen?.look.metrics.find((name) => seen.metrics.has(name))
  return (
    <>
      <span role="gridcell" className="col-state">
        <StateMark state={state} />
        <span>{seen === undefined ? text.t(`state.${state}`) : stateWords(seen, text, moment.nowMs)}</span>
        {device.revokedAt !== null && <span className="tag">{text.t('devices.revoked')}</span>}
        {device.oldKey !== null && (
          <span
            className="tag"
            title={text.t('key.oldUntil', { time: momentText(device.oldKey.until, text, moment.nowMs) })}
          >
            {text.t('devices.twoKeys')}
          </span>
        )}
        {seen !== undefined && <span className="faint">{reasonWords(seen, text)}</span>}
      </span>
      <span role="gridcell" className="col-name">
        {device.name}
      </span>
      <span role="gridcell" className="col-id">
        {device.id}
      </span>
      <span role="gridcell" className="col-profile">
        {seen === undefined ? device.profile : text.profile(seen.look)}
      </span>
      <span role="gridcell" className="col-area">
        {kecamatan === undefined ? '' : property(kecamatan, 'name')}
      </span>
      <span role="gridcell" className="col-newest">
        {metric !== undefined && <Value live={seen?.metrics.get(metric)} metric={metric} />}
      </span>
    </>
  )
}
