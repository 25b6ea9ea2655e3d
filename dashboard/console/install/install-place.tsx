import { useState } from 'react'
import type { Device } from '../../../contract/http/devices.ts'
import { distanceM } from '../../../domain/geo/geo.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { profileLook } from '../../core/city/profile-look.ts'
import { areaName } from '../../core/city/site.ts'
import { answer } from '../../core/connection/answers.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { ConfirmWindow } from '../window-foot.tsx'
import {
  lengthWords,
  PhoneChoice,
  placeWords,
  registeredPlace,
  TypedChoice,
  type WantedPlace,
} from './place-choice.tsx'
import { usePhonePlace } from './use-phone-place.ts'

/** What is registered now. */
function Registered({ device }: { device: ListedDevice }) {
  const text = useText()
  const site = useObservable(useCore().site)
  const place = registeredPlace(device)
  if (place === undefined) return <p data-place="none">{text.t('install.noPlace')}</p>
  return (
    <p data-place={`${place.lat},${place.lon}`}>
      <strong>{placeWords(place)}</strong>
      {device.areaCode !== null && <span className="install-area">{areaName(site, device.areaCode)}</span>}
    </p>
  )
}

/** Asks before a place is written over another. */
function Confirm(props: {
  device: ListedDevice
  wanted: WantedPlace
  onClose: () => void
  onSaved: (device: Device) => void
}) {
  const { rest } = useCore()
  const text = useText()
  const { device, wanted } = props
  const before = registeredPlace(device)
  const words = [text.t('install.confirmText', { name: device.name, place: placeWords(wanted.place) })]
  if (wanted.accuracyM !== undefined) words.push(text.t('install.accuracy', { m: lengthWords(wanted.accuracyM, text) }))
  if (before !== undefined)
    words.push(text.t('install.distance', { m: lengthWords(distanceM(wanted.place, before), text) }))
  return (
    <ConfirmWindow
      title={text.t('install.confirmTitle')}
      words={words.join(' · ')}
      yes={text.t('form.save')}
      act={() => rest.send('PATCH', `/api/v1/devices/${device.id}`, wanted.place, answer('device')).then(props.onSaved)}
      onClose={props.onClose}
      onDone={props.onClose}
    />
  )
}

/** Where the device is. The server finds its kelurahan by the place. */
export function InstallPlace(props: {
  device: ListedDevice
  seen: SeenDevice | undefined
  editable: boolean
  onSaved: (device: Device) => void
}) {
  const text = useText()
  const { phone, start, stop } = usePhonePlace()
  const [typing, setTyping] = useState(false)
  const [wanted, setWanted] = useState<WantedPlace | undefined>()
  useKeyboardBack(wanted !== undefined)
  const { device, seen, editable } = props
  const moving = profileLook(device.kind, device.profile).moving

  function saved(answer: Device): void {
    stop()
    setTyping(false)
    props.onSaved(answer)
  }

  return (
    <section className="install-part" aria-label={text.t('device.place')}>
      <h2>{text.t('device.place')}</h2>
      {moving && <p data-place="own">{text.t(seen?.place == null ? 'install.noOwnPlace' : 'install.ownPlace')}</p>}
      {!moving && <Registered device={device} />}
      {!moving && editable && (
        <>
          <p className="install-buttons">
            <button type="button" onClick={start}>
              {text.t('install.usePhone')}
            </button>
            <button type="button" aria-expanded={typing} onClick={() => setTyping(!typing)}>
              {text.t('install.type')}
            </button>
          </p>
          <PhoneChoice phone={phone} device={device} onWant={setWanted} />
          {typing && <TypedChoice onWant={setWanted} />}
        </>
      )}
      {wanted !== undefined && (
        <Confirm device={device} wanted={wanted} onClose={() => setWanted(undefined)} onSaved={saved} />
      )}
    </section>
  )
}
