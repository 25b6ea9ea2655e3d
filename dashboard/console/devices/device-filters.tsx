import type { RefObject } from 'react'
import { deviceStates } from '../../../contract/state.ts'
import { property } from '../../../domain/geo/geojson.ts'
import { profileLook } from '../../core/city/profile-look.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import type { DeviceFilter, DeviceLine } from './device-filter.ts'

type Choice = readonly [value: string, words: string]

function Choose(props: {
  label: string
  all: string
  value: string
  choices: readonly Choice[]
  onChange: (value: string) => void
}) {
  return (
    <label className="choose">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.target.value)}>
        <option value="">{props.all}</option>
        {props.choices.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Search and filters of the device list. */
export function DeviceFilters(props: {
  ref: RefObject<HTMLInputElement | null>
  filter: DeviceFilter
  lines: readonly DeviceLine[]
  onChange: (part: Partial<DeviceFilter>) => void
}) {
  const text = useText()
  const site = useObservable(useCore().site)
  const { filter, lines, onChange: set } = props
  const kinds = [...new Set(lines.map(({ device }) => device.kind))].sort((a, b) => a.localeCompare(b))
  const profiles = [...new Map(lines.map(({ device }) => [device.profile, device.kind]))]
  return (
    <search className="filters">
      <label className="choose grow">
        <span>{text.t('devices.search')}</span>
        <input
          ref={props.ref}
          type="search"
          value={filter.words}
          placeholder={text.t('devices.searchHint')}
          onChange={(event) => set({ words: event.target.value })}
        />
      </label>
      <Choose
        label={text.t('devices.column.kind')}
        all={text.t('filter.all')}
        value={filter.kind}
        choices={kinds.map((kind) => [kind, text.t(`kind.${kind}`)])}
        onChange={(kind) => set({ kind })}
      />
      <Choose
        label={text.t('devices.column.profile')}
        all={text.t('filter.all')}
        value={filter.profile}
        choices={profiles.map(([id, kind]) => [id, text.profile(profileLook(kind, id))])}
        onChange={(profile) => set({ profile })}
      />
      <Choose
        label={text.t('devices.column.state')}
        all={text.t('filter.all')}
        value={filter.state}
        choices={deviceStates.map((state) => [state, text.t(`state.${state}`)])}
        onChange={(state) => set({ state })}
      />
      <Choose
        label={text.t('devices.column.area')}
        all={text.t('filter.all')}
        value={filter.kecamatan}
        choices={site.kecamatan.map((area) => [property(area, 'code'), property(area, 'name')])}
        onChange={(kecamatan) => set({ kecamatan })}
      />
    </search>
  )
}
