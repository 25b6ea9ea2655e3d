import type { SeenDevice } from '../../core/city/city.ts'
import { coverage } from '../../core/city/summary.ts'
import { NotLive, ShareBar } from '../../frame/coverage.tsx'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useWholeRows } from '../../ui/hooks/use-whole-rows.ts'
import { Panel } from '../../ui/panel.tsx'

interface Group {
  profile: string
  devices: SeenDevice[]
}

function byProfile(devices: readonly SeenDevice[]): Group[] {
  const groups = new Map<string, SeenDevice[]>()
  for (const device of devices) {
    const group = groups.get(device.profile)
    if (group === undefined) groups.set(device.profile, [device])
    else group.push(device)
  }
  return [...groups]
    .map(([profile, members]) => ({ profile, devices: members }))
    .sort((a, b) => b.devices.length - a.devices.length)
}

const maxRows = 40

/** How much of each kind of device can be seen now: a bar of what is live in what is registered. */
export function ProfilesPanel() {
  const text = useText()
  const city = useCity()
  const groups = byProfile(city.devices)
  const { list, whole } = useWholeRows<HTMLUListElement>(groups.length, maxRows)
  return (
    <Panel
      name="profiles"
      title={text.t('profiles.title')}
      aside={city.presence === 'never' ? undefined : text.t('profiles.count', { n: text.number(city.devices.length) })}
    >
      {city.presence === 'never' && <p className="calm">{text.t('value.notKnown')}</p>}
      <ul className="profile-list" ref={list}>
        {groups.slice(0, whole).map(({ profile, devices }) => {
          const cover = coverage(city, devices)
          const look = devices[0]?.look
          return (
            <li key={profile} data-profile={profile} data-thin={cover.thin}>
              <span className="profile-name">{look === undefined ? profile : text.profile(look)}</span>
              <span className="profile-rest">
                <NotLive rest={cover.rest} />
              </span>
              <span className="profile-count">{text.share(cover.live, cover.registered)}</span>
              <ShareBar coverage={cover} />
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
