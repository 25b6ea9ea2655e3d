import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { SeenDevice } from '../../core/city/city.ts'
import { worstFirst } from '../../core/city/worst-first.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { reasonWords, stateWords } from '../../ui/state-text.tsx'
import { Value } from '../../ui/value.tsx'

/** The devices of one subject, the worst first. */
export function GroupList({ devices, onPick }: { devices: readonly SeenDevice[]; onPick: (id: string) => void }) {
  const text = useText()
  const { moment } = useCity()
  const scroller = useRef<HTMLDivElement>(null)
  const ordered = worstFirst(devices, text.language)
  const rows = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => Number.parseFloat(getComputedStyle(document.body).fontSize) * 2.9,
    overscan: 6,
  })
  return (
    <div className="group-list" ref={scroller}>
      <ul style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const device = ordered[row.index]
          if (device === undefined) return null
          const metric = device.look.metrics[0]
          return (
            <li
              key={device.id}
              ref={rows.measureElement}
              data-index={row.index}
              data-id={device.id}
              data-state={device.state}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <button type="button" onClick={() => onPick(device.id)}>
                <StateMark state={device.state} />
                <span className="group-name">{device.name}</span>
                {metric !== undefined && <Value live={device.metrics.get(metric)} metric={metric} />}
                <span className="group-words">
                  {[stateWords(device, text, moment.nowMs), reasonWords(device, text)]
                    .filter((words) => words !== '')
                    .join(' · ')}
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
