import { byKecamatan } from '../../../core/kecamatan.ts'
import { hideAfterLostMs } from '../../../core/live.ts'
import { coverage, subjectOf } from '../../../core/summary.ts'
import { useCity, useCore, useObservable, useText } from '../../../ui/core-context.tsx'
import { Panel } from '../../../ui/panel.tsx'

/** How much of each kecamatan can be seen: its network links, and all its devices. A blank spot shows here first. */
export function NetworkPanel() {
  const text = useText()
  const city = useCity()
  const { kecamatan } = useObservable(useCore().site)
  const { lostForMs } = city.moment
  const hidden = lostForMs !== null && lostForMs > hideAfterLostMs
  const share = ({ live, registered }: { live: number; registered: number }) =>
    hidden || registered === 0 ? '—' : text.t('profiles.of', { live, n: registered })
  return (
    <Panel name="network" title={text.t('health.network')} aside={text.t('health.network.columns')}>
      <ul className="area-list">
        {byKecamatan(city.devices, kecamatan).map(({ code, name, devices }) => {
          const all = coverage(devices)
          const links = coverage(devices.filter((device) => subjectOf(device) === 'network'))
          return (
            <li key={code} data-area={code} data-thin={all.thin}>
              <span className="area-name">{code === '' ? text.t('area.none') : name}</span>
              <span className="area-share" data-thin={links.thin}>
                {share(links)}
              </span>
              <span className="area-share" data-thin={all.thin}>
                {share(all)}
              </span>
              <meter className="profile-bar" min={0} max={Math.max(1, all.registered)} value={all.live} />
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
