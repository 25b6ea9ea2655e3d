import { subjectOf } from '../../../domain/subject.ts'
import { byKecamatan } from '../../core/city/kecamatan.ts'
import { type Coverage, coverage } from '../../core/city/summary.ts'
import { ShareBar } from '../../frame/coverage.tsx'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Panel } from '../../ui/panel.tsx'

/** How much of each kecamatan can be seen: its network links, and all its devices. A blank spot shows here first. */
export function NetworkPanel() {
  const text = useText()
  const city = useCity()
  const { kecamatan } = useObservable(useCore().site)
  const share = ({ live, registered }: Coverage) => (registered === 0 ? '—' : text.share(live, registered))
  return (
    <Panel name="network" title={text.t('health.network')} aside={text.t('health.network.columns')}>
      <ul className="area-list">
        {byKecamatan(city.devices, kecamatan).map(({ code, name, devices }) => {
          const all = coverage(city, devices)
          const links = coverage(
            city,
            devices.filter((device) => subjectOf(device) === 'network'),
          )
          return (
            <li key={code} data-area={code} data-thin={all.thin}>
              <span className="area-name">{code === '' ? text.t('area.none') : name}</span>
              <span className="area-share" data-thin={links.thin}>
                {share(links)}
              </span>
              <span className="area-share" data-thin={all.thin}>
                {share(all)}
              </span>
              <ShareBar coverage={all} />
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
