import { useMemo, useRef, useState } from 'react'
import { useCity, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { useRegistry } from '../use-registry.ts'
import { ChosenList } from './chosen-list.tsx'
import { type DeviceFilter, deviceLines, filterLines, noFilter } from './device-filter.ts'
import { DeviceFilters } from './device-filters.tsx'

/** Chooses devices: what the filters of the device list find goes in or out at once, single ones go out one by one. */
export function DeviceChoice(props: { chosen: ReadonlySet<string>; onChange: (chosen: ReadonlySet<string>) => void }) {
  const { chosen, onChange } = props
  const text = useText()
  const city = useCity()
  const { devices, failed } = useRegistry()
  const [filter, setFilter] = useState<DeviceFilter>(noFilter)
  const search = useRef<HTMLInputElement>(null)
  const lines = useMemo(() => deviceLines(devices ?? [], city), [devices, city])
  const found = filterLines(lines, filter, text.language).map(({ device }) => device.id)
  const outside = found.filter((id) => !chosen.has(id))
  const inside = found.filter((id) => chosen.has(id))
  const names = new Map(lines.map(({ device }) => [device.id, device.name]))
  return (
    <section className="device-choice" aria-label={text.t('choice.title')}>
      <DeviceFilters
        ref={search}
        filter={filter}
        lines={lines}
        onChange={(part) => setFilter((before) => ({ ...before, ...part }))}
      />
      <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
      <p className="form-actions">
        <button
          type="button"
          data-choice="add"
          aria-disabled={outside.length === 0}
          onClick={() => onChange(new Set([...chosen, ...outside]))}
        >
          {text.t('choice.add', { n: text.number(outside.length) })}
        </button>
        <button
          type="button"
          data-choice="drop"
          aria-disabled={inside.length === 0}
          onClick={() => onChange(new Set([...chosen].filter((id) => !inside.includes(id))))}
        >
          {text.t('choice.drop', { n: text.number(inside.length) })}
        </button>
      </p>
      <ChosenList
        ids={[...chosen]}
        nameOf={(id) => names.get(id) ?? id}
        onRemove={(id) => onChange(new Set([...chosen].filter((one) => one !== id)))}
      />
    </section>
  )
}
