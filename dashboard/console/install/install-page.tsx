import './install.css'
import { useEffect, useState } from 'react'
import { useParams } from 'wouter'
import type { SeenDevice } from '../../core/city/city.ts'
import { profileLook } from '../../core/city/profile-look.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { heardSince, type Missing, missingOf } from '../../core/kit/install.ts'
import { useAble, useCity, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { InstallPlace } from './install-place.tsx'
import { InstallSending } from './install-sending.tsx'
import { InstallUnknown } from './install-unknown.tsx'
import { useRegisteredDevice } from './use-registered-device.ts'

/** Whether a message of the device came since this page knows it. */
function useHeard(seen: SeenDevice | undefined): boolean {
  const { presence } = useCity()
  const [atFirstMs, setAtFirstMs] = useState<number | null | undefined>()
  const nowMs = seen?.receivedAtMs ?? null
  const isLive = presence === 'present'
  useEffect(() => {
    // What is known while the server is away may be long past.
    if (isLive && atFirstMs === undefined) setAtFirstMs(nowMs)
  }, [isLive, atFirstMs, nowMs])
  return atFirstMs !== undefined && heardSince({ atFirstMs, nowMs })
}

/** A bus tells its place itself; all else stands where somebody said. */
function isPlaced(device: ListedDevice, seen: SeenDevice | undefined): boolean {
  if (profileLook(device.kind, device.profile).moving) return seen !== undefined && seen.place !== null
  return device.lat !== null && device.lon !== null
}

function Verdict({ missing }: { missing: readonly Missing[] }) {
  const text = useText()
  const done = missing.length === 0
  return (
    <div className="install-verdict" role="status" data-done={done}>
      {done && <strong>{text.t('install.done')}</strong>}
      {!done && <strong>{text.t('install.notYet')}</strong>}
      {missing.map((one) => (
        <span key={one} data-missing={one}>
          {text.t(`install.missing.${one}`)}
        </span>
      ))}
    </div>
  )
}

/** Page of whoever stands before a device with a phone: tells whether it sends, and where it is. */
export function InstallPage() {
  const text = useText()
  const { id = '' } = useParams()
  const editable = useAble('editDevices')
  const seen = useCity().byId.get(id)
  const { device, unknown, failed, reload, take } = useRegisteredDevice(id)
  const heard = useHeard(seen)
  return (
    <section className="page install-page" aria-label={text.t('install.title')}>
      <header className="install-head">
        <h1>{device?.name ?? id}</h1>
        <code>{id}</code>
        {device !== undefined && <p>{text.profile(profileLook(device.kind, device.profile))}</p>}
      </header>
      <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
      {unknown && <InstallUnknown id={id} editable={editable} onRegistered={() => void reload()} />}
      {device !== undefined && (
        <>
          <InstallSending seen={seen} />
          <InstallPlace device={device} seen={seen} editable={editable} onSaved={take} />
          <Verdict missing={missingOf({ heard, placed: isPlaced(device, seen) })} />
        </>
      )}
    </section>
  )
}
