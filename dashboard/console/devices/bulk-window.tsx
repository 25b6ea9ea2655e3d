import { type SubmitEvent, useState } from 'react'
import { property } from '../../../domain/geo/geojson.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'
import { type BulkResult, type BulkSet, bulkSetOf, changeMany, wouldChange } from '../../core/kit/bulk-edit.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { WindowFoot } from '../window-foot.tsx'
import { BulkInput, BulkSelect } from './bulk-field.tsx'
import { useResultWords } from './choice-bar.tsx'

/** Enough to find the one that is meant; who knows another id may type it. */
const maxOffered = 500

/** Kelurahan, beneath their kecamatan. */
function AreaOptions() {
  const site = useObservable(useCore().site)
  return site.kecamatan.map((kecamatan) => {
    const code = property(kecamatan, 'code')
    const within = site.kelurahan.filter((area) => property(area, 'code').startsWith(`${code}.`))
    return (
      <optgroup key={code} label={property(kecamatan, 'name')}>
        {within.map((area) => (
          <option key={property(area, 'code')} value={property(area, 'code')}>
            {property(area, 'name')}
          </option>
        ))}
      </optgroup>
    )
  })
}

/** How many would be changed, or what is missing. */
function Preview({ set, devices }: { set: BulkSet | undefined; devices: readonly ListedDevice[] }) {
  const text = useText()
  const words =
    set === undefined
      ? text.t('bulk.incomplete')
      : text.t('bulk.preview', { n: text.number(wouldChange(devices, set)), of: text.number(devices.length) })
  return (
    <p role="status" className="bulk-preview">
      {words}
    </p>
  )
}

/** Makes the same change in many devices; what is not named in it stays with each as it is. */
export function BulkWindow(props: {
  devices: readonly ListedDevice[]
  /** What a parent may be. */
  gateways: readonly string[]
  onClose: () => void
  /** Some or all were changed. */
  onChanged: (result: BulkResult) => void
}) {
  const { rest } = useCore()
  const text = useText()
  const resultWords = useResultWords()
  // As it was opened: the preview must not change with what others do meanwhile.
  const [devices] = useState(props.devices)
  const [set, setSet] = useState<BulkSet | undefined>({})
  const [done, setDone] = useState<number | undefined>()
  const [partly, setPartly] = useState<BulkResult | undefined>()
  const isEmpty = set === undefined || Object.keys(set).length === 0

  async function save(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const wanted = bulkSetOf(new FormData(event.currentTarget))
    if (wanted === undefined) return
    const result = await changeMany(rest, { ids: devices.map(({ id }) => id), set: wanted, onProgress: setDone })
    setDone(undefined)
    if (result.changed > 0 || result.failed === undefined) props.onChanged(result)
    if (result.failed === undefined) props.onClose()
    else setPartly(result)
  }

  return (
    <Window
      title={text.t('bulk.title', { n: text.number(devices.length) })}
      onClose={props.onClose}
      stays={done !== undefined}
    >
      <form
        className="form"
        onChange={(event) => setSet(bulkSetOf(new FormData(event.currentTarget)))}
        onSubmit={(event) => void save(event)}
      >
        <BulkInput
          field="expectedS"
          devices={devices}
          clear="bulk.byProfile"
          input={{ inputMode: 'decimal', pattern: '\\d{1,6}([.,]\\d+)?' }}
        />
        <BulkInput
          field="parentId"
          devices={devices}
          clear="bulk.noParent"
          input={{ list: 'bulk-parents', pattern: '[a-z0-9][a-z0-9\\-]{1,62}' }}
        />
        <datalist id="bulk-parents">
          {props.gateways.slice(0, maxOffered).map((id) => (
            <option key={id} value={id} />
          ))}
        </datalist>
        <BulkSelect field="areaCode" devices={devices}>
          <option value="clear">{text.t('bulk.noArea')}</option>
          <AreaOptions />
        </BulkSelect>
        <BulkInput field="opd" devices={devices} clear="bulk.noOpd" input={{}} />
        <BulkSelect field="disabled" devices={devices}>
          <option value="false">{text.t('bulk.in')}</option>
          <option value="true">{text.t('bulk.out')}</option>
        </BulkSelect>
        <Preview set={set} devices={devices} />
        {done !== undefined && (
          <p role="status">{text.t('bulk.progress', { n: text.number(done), of: text.number(devices.length) })}</p>
        )}
        {partly !== undefined && partly.changed + partly.unchanged > 0 && <p role="status">{resultWords(partly)}</p>}
        <WindowFoot failed={partly?.failed} onClose={props.onClose}>
          <button type="submit" className="primary" disabled={isEmpty || done !== undefined}>
            {text.t('bulk.save')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
