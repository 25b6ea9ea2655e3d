import { storageFault } from '../../../domain/system/storage-fault.ts'
import { balanceOf, lagSeconds, termOf } from '../../core/city/balance.ts'
import { useText } from '../../ui/core-context.tsx'
import { usePresentFlow } from '../../ui/hooks/use-present-flow.ts'
import { Tile } from './tile.tsx'

/** How readings come in: what is not stored yet, and what was refused. */
export function FlowTile() {
  const text = useText()
  const flow = usePresentFlow()
  return (
    <Tile name="flow" title={text.t('tile.flow')}>
      {flow === null ? (
        <p className="coverage-none">{text.t('value.none')}</p>
      ) : (
        <div className="coverage">
          <p className="coverage-main">
            <strong>{flow.perSecond === null ? '—' : text.number(flow.perSecond, flow.perSecond < 10 ? 1 : 0)}</strong>
            <span>{text.t('tile.flow.word')}</span>
          </p>
          <p className="coverage-rest">
            <span className="rest">{text.t('tile.flow.lag', { lag: text.count(lagSeconds(flow.pipeline), 1) })}</span>
            <span className="rest">
              {text.t('tile.flow.rejected', { n: text.count(termOf(balanceOf(flow.pipeline), 'rejected')) })}
            </span>
          </p>
        </div>
      )}
    </Tile>
  )
}

/** Whether the parts behind the picture work. */
export function SystemTile() {
  const text = useText()
  const flow = usePresentFlow()
  if (flow === null) {
    return (
      <Tile name="system" title={text.t('tile.system')}>
        <p className="coverage-none">{text.t('value.none')}</p>
      </Tile>
    )
  }
  const { broker, store, ingest, storage } = flow.pipeline
  const storageWrong = storage === null ? undefined : storageFault(storage)
  const part = (name: string, up: boolean, words: string) => (
    <p className="readout" data-up={up}>
      <span className="readout-name">{name}</span>
      <span className="part-state">{up ? words : text.t('tile.system.down')}</span>
    </p>
  )
  return (
    <Tile name="system" title={text.t('tile.system')}>
      <div className="readouts">
        {part(
          text.t('tile.system.broker'),
          broker.up,
          text.t('tile.system.connected', { n: text.number(broker.connected) }),
        )}
        {part(text.t('tile.system.ingest'), ingest.up, text.t('tile.system.up'))}
        {part(text.t('tile.system.store'), store.up, store.engine)}
        {storageWrong !== undefined && (
          <p className="readout" data-up={false}>
            <span className="readout-name">{text.t('tile.system.storage')}</span>
            <span className="part-state">{text.t(`tile.storage.${storageWrong}`)}</span>
          </p>
        )}
      </div>
    </Tile>
  )
}
