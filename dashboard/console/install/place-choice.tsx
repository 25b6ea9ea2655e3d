import { type SubmitEvent, useState } from 'react'
import { distanceM, type Place } from '../../../domain/geo/geo.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { typedPlace, worstAccuracyM } from '../../core/kit/install.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useText } from '../../ui/core-context.tsx'
import type { PhonePlace } from './use-phone-place.ts'

/** A place that somebody wants to save; of what was typed nobody knows how exact it is. */
export type WantedPlace = { place: Place; accuracyM: number | undefined }

export const placeWords = ({ lat, lon }: Place): string => `${lat.toFixed(5)}, ${lon.toFixed(5)}`

export function lengthWords(metres: number, text: Translator): string {
  return metres < 2000 ? `${text.number(metres)} m` : `${text.number(metres / 1000, 1)} km`
}

export function registeredPlace({ lat, lon }: ListedDevice): Place | undefined {
  return lat === null || lon === null ? undefined : { lat, lon }
}

/** Where the phone says that it is, and why that may not be good enough. */
export function PhoneChoice(props: { phone: PhonePlace; device: ListedDevice; onWant: (wanted: WantedPlace) => void }) {
  const text = useText()
  const { phone, device } = props
  if (phone.is === 'off') return null
  if (phone.is === 'waiting') return <p role="status">{text.t('install.waiting')}</p>
  if (phone.is === 'failed')
    return (
      <p role="status" className="form-error" data-fault={phone.fault}>
        {text.t(`install.fault.${phone.fault}`)}
      </p>
    )
  const { place, accuracyM } = phone
  const before = registeredPlace(device)
  const tooRough = accuracyM > worstAccuracyM
  const accuracy = lengthWords(accuracyM, text)
  return (
    <div className="install-phone" data-accuracy-m={Math.round(accuracyM)}>
      <p>
        <strong>{placeWords(place)}</strong> {text.t('install.accuracy', { m: accuracy })}
      </p>
      {before !== undefined && <p>{text.t('install.distance', { m: lengthWords(distanceM(place, before), text) })}</p>}
      <div role="status" className="failure">
        {tooRough && (
          <p className="form-error">{text.t('install.tooRough', { m: lengthWords(worstAccuracyM, text) })}</p>
        )}
      </div>
      <button type="button" className="primary" disabled={tooRough} onClick={() => props.onWant({ place, accuracyM })}>
        {text.t('install.savePlace')}
      </button>
    </div>
  )
}

/** For where a phone cannot tell its place. */
export function TypedChoice({ onWant }: { onWant: (wanted: WantedPlace) => void }) {
  const text = useText()
  const [wrong, setWrong] = useState(false)

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const place = typedPlace(String(form.get('lat') ?? ''), String(form.get('lon') ?? ''))
    setWrong(place === undefined)
    if (place !== undefined) onWant({ place, accuracyM: undefined })
  }

  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="form-pair">
        {(['lat', 'lon'] as const).map((name) => (
          <label key={name} className="field">
            <span>{text.t(`form.${name}`)}</span>
            <input name={name} inputMode="text" autoComplete="off" maxLength={20} required />
          </label>
        ))}
      </div>
      <div role="status" className="failure">
        {wrong && <p className="form-error">{text.t('install.wrongPlace')}</p>}
      </div>
      <button type="submit" className="primary">
        {text.t('install.savePlace')}
      </button>
    </form>
  )
}
