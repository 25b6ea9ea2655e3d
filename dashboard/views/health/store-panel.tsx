import { diskDaysLeft } from '../../../domain/system/disk-days.ts'
import { type Storage, storageFault } from '../../../domain/system/storage-fault.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useText } from '../../ui/core-context.tsx'
import { Fact } from './fact.tsx'
import { HealthPanel } from './health-panel.tsx'

const yearDays = 365
/** Less room than this is worth a look. */
const shortDays = 30

function daysWords(days: number | null, text: Translator): string {
  if (days === null) return '—'
  if (days > yearDays) return text.t('health.disk.year')
  return text.t('health.disk.days', { n: text.number(Math.floor(days)) })
}

function Disk({ storage, perSecond }: { storage: Storage; perSecond: number | null }) {
  const text = useText()
  const fault = storageFault(storage)
  const days = diskDaysLeft(storage, perSecond)
  return (
    <>
      <Fact name={text.t('health.disk.used')}>{text.bytes(storage.hotBytes + storage.coldBytes)}</Fact>
      <Fact name={text.t('health.disk.free')} wrong={storage.low}>
        {text.bytes(storage.freeBytes)}
      </Fact>
      <Fact name={text.t('health.disk.left')} wrong={days !== null && days < shortDays}>
        {daysWords(days, text)}
      </Fact>
      {fault === undefined ? (
        <Fact name={text.t('storage.sealed')}>{text.bytes(storage.coldBytes)}</Fact>
      ) : (
        <Fact name={text.t('tile.system.storage')} wrong>
          {text.t(`tile.storage.${fault}`)}
        </Fact>
      )}
      {storage.outbox.bytes > 0 && <Fact name={text.t('storage.outbox')}>{text.bytes(storage.outbox.bytes)}</Fact>}
    </>
  )
}

/** Whether what comes in is kept, and for how long there is room. */
export function StorePanel() {
  const text = useText()
  return (
    <HealthPanel name="store" title={text.t('health.store')}>
      {({ pipeline: { store, storage, broker, ingest }, perSecond }) => (
        <ul className="readouts">
          <Fact name={text.t('tile.system.ingest')} wrong={!ingest.up}>
            {text.t(ingest.up ? 'tile.system.up' : 'tile.system.down')}
          </Fact>
          <Fact name={text.t('tile.system.store')} wrong={!store.up}>
            {store.up ? store.engine : text.t('tile.system.down')}
          </Fact>
          {storage !== null && <Disk storage={storage} perSecond={perSecond} />}
          <Fact name={text.t('pipeline.journal')} wrong={broker.journal.full || broker.journal.lastError !== null}>
            {text.t('pipeline.journal.size', {
              used: text.bytes(broker.journal.bytes),
              quota: text.bytes(broker.journal.quotaBytes),
            })}
          </Fact>
        </ul>
      )}
    </HealthPanel>
  )
}
