import { useMemo } from 'react'
import type { SeenDevice } from '../../../core/city.ts'
import { byKecamatan, type KecamatanGroup } from '../../../core/kecamatan.ts'
import { hideAfterLostMs } from '../../../core/live.ts'
import { coverage } from '../../../core/summary.ts'
import { worstFirst } from '../../../core/worst-first.ts'
import { useCity, useCore, useObservable, useText } from '../../../ui/core-context.tsx'
import { useFocus } from '../../../ui/focus-link.ts'
import { HalvedPanel } from '../../../ui/panel.tsx'
import { spokenName } from '../../../ui/spoken-name.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { Rest } from '../coverage.tsx'

/** More marks than this are drawn smaller. */
const many = 150
const veryMany = 500

/** Groups for the upper and the lower monitor, with about as many marks on each. */
function halve(groups: readonly KecamatanGroup[]): [KecamatanGroup[], KecamatanGroup[]] {
  const weight = ({ devices }: KecamatanGroup) => devices.length + 10
  const all = groups.reduce((sum, group) => sum + weight(group), 0)
  let above = 0
  const cut = groups.findIndex((group) => {
    above += weight(group)
    return above >= all / 2
  })
  return [groups.slice(0, cut + 1), groups.slice(cut + 1)]
}

function Group({ group }: { group: KecamatanGroup }) {
  const text = useText()
  const { moment } = useCity()
  const focus = useFocus()
  const cover = coverage(group.devices)
  const hidden = moment.lostForMs !== null && moment.lostForMs > hideAfterLostMs
  return (
    <section className="matrix-group" data-area={group.code} data-live={cover.live} data-registered={cover.registered}>
      <header className="matrix-head">
        <h3>{group.code === '' ? text.t('area.none') : group.name}</h3>
        <span className="matrix-rest">
          <Rest coverage={cover} />
        </span>
        <strong>{hidden ? '—' : text.t('profiles.of', { live: cover.live, n: cover.registered })}</strong>
      </header>
      {group.devices.length === 0 ? (
        <p className="calm">{text.t('tile.none')}</p>
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
  const [top, bottom] = useMemo(() => halve(byKecamatan(devices, kecamatan)), [devices, kecamatan])
  const list = (groups: KecamatanGroup[]) => (
    <div className="matrix" data-many={devices.length > veryMany ? 'very' : devices.length > many}>
      {groups.map((group) => (
        <Group key={group.code} group={group} />
      ))}
    </div>
  )
  return <HalvedPanel name="matrix" title={text.t('cctv.matrix')} top={list(top)} bottom={list(bottom)} />
}
