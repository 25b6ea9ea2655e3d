import { useMemo } from 'react'
import type { SeenDevice } from '../../core/city/city.ts'
import { byKecamatan, type KecamatanGroup } from '../../core/city/kecamatan.ts'
import { coverage } from '../../core/city/summary.ts'
import { worstFirst } from '../../core/city/worst-first.ts'
import { type PanelPlace, spreadOver } from '../../core/wall/panel-layout.ts'
import { figures, NotLive } from '../../frame/coverage.tsx'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { PartedPanel } from '../../ui/panel.tsx'
import { usePlaces } from '../../ui/place.tsx'
import { spokenName } from '../../ui/spoken-name.ts'
import { StateMark } from '../../ui/state-mark.tsx'

/** More marks than this are drawn smaller. */
const many = 150
const veryMany = 500

/** Name and marks of a kecamatan, in cap heights. */
const groupHeightU = 4.6
const roomOn = ({ height, u }: PanelPlace): number => Math.floor(height / u / groupHeightU)

function Group({ group }: { group: KecamatanGroup }) {
  const text = useText()
  const city = useCity()
  const { moment } = city
  const focus = useFocus()
  const cover = coverage(city, group.devices)
  return (
    <section className="matrix-group" data-area={group.code} {...figures(cover)}>
      <header className="matrix-head">
        <h3>{group.code === '' ? text.t('area.none') : group.name}</h3>
        <span className="matrix-rest">
          <NotLive rest={cover.rest} />
        </span>
        <strong>{text.share(cover.live, cover.registered)}</strong>
      </header>
      {group.devices.length === 0 ? (
        <p className="calm">{text.t(city.presence === 'never' ? 'value.notKnown' : 'tile.none')}</p>
      ) : (
        <ul className="matrix-marks">
          {worstFirst(group.devices, text.language).map((device) => (
            <li key={device.id} data-id={device.id} data-state={device.state}>
              <button
                type="button"
                title={spokenName(device, text, moment)}
                aria-label={spokenName(device, text, moment)}
                onClick={() => focus.show({ device: device.id })}
              >
                <StateMark state={device.state} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** A mark for every camera, by kecamatan, the blind ones first. */
export function MatrixPanel({ devices }: { devices: readonly SeenDevice[] }) {
  const text = useText()
  const { kecamatan } = useObservable(useCore().site)
  const groups = useMemo(() => byKecamatan(devices, kecamatan), [devices, kecamatan])
  const { parts, omitted } = spreadOver(groups, usePlaces(), roomOn)
  const marks = devices.length > veryMany ? 'very' : devices.length > many
  return (
    <PartedPanel
      name="matrix"
      title={text.t('cctv.matrix')}
      aside={omitted > 0 ? text.t('panel.omitted', { n: omitted }) : undefined}
      parts={parts.map((some) => (
        <div key={some[0]?.code} className="matrix" data-many={marks}>
          {some.map((group) => (
            <Group key={group.code} group={group} />
          ))}
        </div>
      ))}
    />
  )
}
