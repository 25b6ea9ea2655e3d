import './labels.css'
import { useSearch } from 'wouter'
import { isLoopback } from '../../../contract/net/loopback.ts'
import { profileLook } from '../../core/city/profile-look.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { installPath, labelIds, maxLabels, sheetsOf } from '../../core/kit/label-sheet.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { QrCode } from '../../ui/qr-code.tsx'
import { useRegistry } from '../use-registry.ts'

/** One label: what leads a phone to the device, and what a person reads. */
function Label({ device }: { device: ListedDevice }) {
  const text = useText()
  const city = useObservable(useCore().site).name
  const { id, name, kind, profile } = device
  return (
    <li className="label" data-id={id}>
      <QrCode words={`${location.origin}${installPath(id)}`} label={text.t('labels.code', { id })} worn />
      <div className="label-words">
        <strong>{name}</strong>
        <code>{id}</code>
        <span>{text.profile(profileLook(kind, profile))}</span>
        <span>{city === '' ? text.t('app.name') : city}</span>
        {device.simulated && <strong>{text.t('simulation.stamp')}</strong>}
      </div>
    </li>
  )
}

/** What should be known before paper is used. */
function Warnings({ unknown, full }: { unknown: readonly string[]; full: boolean }) {
  const text = useText()
  const { origin, hostname, protocol } = location
  return (
    <>
      <p>{text.t('labels.explain', { origin })}</p>
      {isLoopback(hostname) && <p className="form-error">{text.t('labels.loopback', { origin })}</p>}
      {!isLoopback(hostname) && protocol !== 'https:' && <p className="form-error">{text.t('labels.insecure')}</p>}
      {unknown.length > 0 && <p className="form-error">{text.t('labels.unknown', { ids: unknown.join(', ') })}</p>}
      {full && <p className="form-error">{text.t('labels.most', { n: text.number(maxLabels) })}</p>}
    </>
  )
}

/** Sheets of labels, to be printed and stuck to the devices. There is nothing secret on them. */
export function LabelsPage() {
  const text = useText()
  const ids = labelIds(useSearch())
  const { devices, failed } = useRegistry()
  const byId = new Map(devices?.map((device) => [device.id, device]))
  const found = ids.flatMap((id) => byId.get(id) ?? [])
  const unknown = devices === undefined ? [] : ids.filter((id) => !byId.has(id))
  return (
    <section className="page label-page" aria-label={text.t('labels.title')}>
      <header className="page-head screen-only">
        <h1>{text.t('labels.title')}</h1>
        <p className="page-count">{text.t('labels.count', { n: text.number(found.length) })}</p>
        {found.length > 0 && (
          <button type="button" className="primary" onClick={() => print()}>
            {text.t('labels.print')}
          </button>
        )}
      </header>
      <div className="label-notes screen-only">
        <Warnings unknown={unknown} full={ids.length === maxLabels} />
        <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
        {devices !== undefined && found.length === 0 && <p className="empty">{text.t('labels.none')}</p>}
      </div>
      <div className="label-sheets">
        {sheetsOf(found).map((labels) => (
          <ul key={labels[0]?.id} className="label-sheet">
            {labels.map((device) => (
              <Label key={device.id} device={device} />
            ))}
          </ul>
        ))}
      </div>
    </section>
  )
}
