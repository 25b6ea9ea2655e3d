import { type Storage, storageFault } from '../../../domain/system/storage-fault.ts'
import { useText } from '../../ui/core-context.tsx'
import { Figure } from '../figure.tsx'

/** Room on the disk, and what became of past days. */
export function StorageFigures({ storage }: { storage: Storage }) {
  const text = useText()
  const fault = storageFault(storage)
  const used = text.bytes(storage.hotBytes + storage.coldBytes)
  return (
    <>
      <Figure
        title={text.t('storage.used')}
        explain={fault === undefined ? text.t('storage.used.explain') : text.t(`storage.${fault}`)}
        alarm={fault !== undefined}
      >
        {storage.budgetBytes === null ? used : text.t('storage.of', { used, all: text.bytes(storage.budgetBytes) })} ·{' '}
        {text.t('storage.free', { n: text.bytes(storage.freeBytes) })}
      </Figure>
      <Figure title={text.t('storage.sealed')} explain={text.t('storage.sealed.explain')}>
        {text.t('storage.points', { n: text.number(storage.sealed.points) })} · {text.bytes(storage.coldBytes)}
      </Figure>
      {storage.outbox.bytes > 0 && (
        <Figure title={text.t('storage.outbox')} explain={text.t('storage.outbox.explain')}>
          {text.t('storage.of', { used: text.bytes(storage.outbox.bytes), all: text.bytes(storage.outbox.quotaBytes) })}
        </Figure>
      )}
    </>
  )
}

/** Counts of what was let go, by class and cause. */
export function droppedCounts({ dropped }: Storage): Record<string, number> {
  return Object.fromEntries(dropped.map((count) => [`${count.class}-${count.cause}`, count.points]))
}
