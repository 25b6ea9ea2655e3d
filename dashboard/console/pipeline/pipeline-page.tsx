import type { CSSProperties } from 'react'
import { Link } from 'wouter'
import type { Pipeline } from '../../../contract/http/pipeline.ts'
import { daysToEnd } from '../../../domain/system/system-faults.ts'
import { type Balance, balanceOf, lagSeconds, termOf } from '../../core/city/balance.ts'
import { type Known, unknown } from '../../core/city/known.ts'
import type { TextKey, Translator } from '../../core/text/translate.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { usePresentFlow } from '../../ui/hooks/use-present-flow.ts'
import { Figure } from '../figure.tsx'
import { RefusedClientsTable } from './refused-clients.tsx'
import { ServicesTable } from './services-table.tsx'
import { droppedCounts, StorageFigures } from './storage-figures.tsx'

const terms = ['stored', 'duplicates', 'rejected', 'waiting'] as const

/** `received = stored + duplicates + rejected + waiting`, as figures and as lengths. */
function BalanceSum({ balance, ingest }: { balance: Known<Balance>; ingest: Pipeline['ingest'] }) {
  const text = useText()
  return (
    <div className="balance" data-missing={termOf(balance, 'missing')}>
      <ol className="balance-sum">
        <li className="balance-term" data-term="received">
          <strong>{text.count(termOf(balance, 'received'))}</strong>
          <span>{text.t('pipeline.received')}</span>
        </li>
        {terms.map((term, i) => (
          <li key={term} className="balance-term" data-term={term} data-sign={i === 0 ? '=' : '+'}>
            <strong>{text.count(termOf(balance, term))}</strong>
            <span>{text.t(`pipeline.${term}`)}</span>
          </li>
        ))}
      </ol>
      <div className="balance-bar" aria-hidden="true">
        {terms.map(
          (term) =>
            balance !== unknown &&
            balance[term] > 0 && <i key={term} data-term={term} style={{ flexGrow: balance[term] } as CSSProperties} />,
        )}
      </div>
      <p className="balance-check">
        <BalanceCheck balance={balance} />
      </p>
      {!ingest.up && ingest.countedAt !== null && (
        <p className="balance-check">{text.t('pipeline.asOf', { time: text.time(Date.parse(ingest.countedAt)) })}</p>
      )}
    </div>
  )
}

/** What a person has to mend, in his language, and behind it the names in the store's own words; else what it is for. */
function storeExplained({ fault, detail }: Pipeline['store'], text: Translator): string {
  if (fault === undefined) return detail ?? text.t('pipeline.store.explain')
  const words = text.t(`pipeline.store.fault.${fault}`)
  return detail === null ? words : `${words}: ${detail}`
}

function BalanceCheck({ balance }: { balance: Known<Balance> }) {
  const text = useText()
  if (balance === unknown) return text.t('pipeline.unknown')
  return balance.missing === 0
    ? text.t('pipeline.adds')
    : text.t('pipeline.missing', { n: text.number(balance.missing) })
}

function Parts({ pipeline, perSecond }: { pipeline: Pipeline; perSecond: number | null }) {
  const text = useText()
  const { broker, store, ingest } = pipeline
  const { journal } = broker
  const up = (is: boolean) => text.t(is ? 'pipeline.up' : 'tile.system.down')
  return (
    <ul className="figures">
      <Figure title={text.t('pipeline.rate')} explain={text.t('pipeline.rate.explain')}>
        {perSecond === null ? '—' : text.number(perSecond, perSecond < 10 ? 1 : 0)}
      </Figure>
      <Figure
        title={text.t('pipeline.lag')}
        explain={text.t('pipeline.lag.explain')}
        alarm={pipeline.lagMs !== null && pipeline.lagMs > 5000}
      >
        {text.t('pipeline.seconds', { s: text.count(lagSeconds(pipeline), 2) })}
      </Figure>
      <Figure title={text.t('tile.system.broker')} explain={text.t('pipeline.broker.explain')} alarm={!broker.up}>
        {up(broker.up)} · {text.t('tile.system.connected', { n: text.number(broker.connected) })}
      </Figure>
      <Figure title={text.t('tile.system.ingest')} explain={text.t('pipeline.ingest.explain')} alarm={!ingest.up}>
        {up(ingest.up)}
      </Figure>
      <Figure title={text.t('tile.system.store')} explain={storeExplained(store, text)} alarm={!store.up}>
        {store.engine} · {up(store.up)} · {text.t('pipeline.store.waiting', { n: text.number(store.waiting) })}
      </Figure>
      <Figure
        title={text.t('pipeline.journal')}
        explain={journal.lastError ?? text.t('pipeline.journal.explain')}
        alarm={journal.full || journal.lastError !== null}
      >
        {text.t('pipeline.journal.size', {
          used: text.bytes(journal.bytes),
          quota: text.bytes(journal.quotaBytes),
        })}
      </Figure>
      {pipeline.storage !== null && <StorageFigures storage={pipeline.storage} />}
      <Figure
        title={text.t('pipeline.services')}
        explain={text.t('pipeline.services.explain')}
        alarm={broker.services.states === 'away'}
      >
        {text.t('pipeline.services.counts', {
          n: text.number(broker.services.connections),
          delivered: text.number(broker.services.delivered),
          dropped: text.number(broker.services.dropped),
        })}
      </Figure>
      <Figure title={text.t('pipeline.open')} explain={text.t('pipeline.open.explain')} alarm={broker.open}>
        {text.t(broker.open ? 'value.yes' : 'value.no')}
      </Figure>
      <Figure
        title={text.t('pipeline.openHttp')}
        explain={text.t('pipeline.openHttp.explain')}
        alarm={pipeline.api.open}
      >
        {text.t(pipeline.api.open ? 'value.yes' : 'value.no')}
      </Figure>
      {pipeline.certificate !== null && <CertificateFigure certificate={pipeline.certificate} />}
    </ul>
  )
}

/** Until when the server's certificate is good, and whether newer files wait that cannot be used. */
function CertificateFigure({ certificate }: { certificate: NonNullable<Pipeline['certificate']> }) {
  const text = useText()
  const { nowMs } = useCity().moment
  const { notAfter, caNotAfter, fault } = certificate
  const ends = [notAfter, ...(caNotAfter === null ? [] : [caNotAfter])]
  const isNear = ends.some((at) => daysToEnd(at, nowMs) !== null)
  const explain =
    caNotAfter === null
      ? text.t('pipeline.certificate.explain')
      : text.t('pipeline.certificate.ca', { date: text.date(Date.parse(caNotAfter)) })
  return (
    <Figure title={text.t('pipeline.certificate')} explain={fault ?? explain} alarm={isNear || fault !== null}>
      {text.date(Date.parse(notAfter))}
    </Figure>
  )
}

/** Counts by name, the largest first, each with what the name means. */
function Counts(props: {
  title: string
  counts: Record<string, number>
  stem: 'reject.' | 'refused.' | 'note.' | 'dropped.'
  none: TextKey
  link?: boolean
}) {
  const text = useText()
  const rows = Object.entries(props.counts)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
  const words = (name: string) => {
    const key = props.stem + name
    return text.has(key) ? text.t(key) : name
  }
  return (
    <section className="counts">
      <h2>{props.title}</h2>
      {rows.length === 0 ? (
        <p className="calm">{text.t(props.none)}</p>
      ) : (
        <table>
          <tbody>
            {rows.map(([name, n]) => (
              <tr key={name} data-name={name}>
                <th scope="row">
                  {props.link ? (
                    <Link href={`/konsol/karantina?reason=${encodeURIComponent(name)}`}>{words(name)}</Link>
                  ) : (
                    words(name)
                  )}
                </th>
                <td>{text.number(n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** Where every reading is, and whether the parts on the way work. */
export function PipelinePage() {
  const text = useText()
  const flow = usePresentFlow()
  if (flow === null) return <p className="empty">{text.t('pipeline.none')}</p>
  const { pipeline, perSecond } = flow
  return (
    <section className="page pipeline" aria-label={text.t('pipeline.title')}>
      <header className="page-head">
        <h1>{text.t('pipeline.title')}</h1>
        <p className="page-count">{text.t('pipeline.explain')}</p>
      </header>
      <BalanceSum balance={balanceOf(pipeline)} ingest={pipeline.ingest} />
      <Parts pipeline={pipeline} perSecond={perSecond} />
      <div className="count-tables">
        <Counts
          title={text.t('pipeline.rejectedBy')}
          counts={pipeline.rejected ?? {}}
          stem="reject."
          none={pipeline.rejected === null ? 'pipeline.unknown' : 'pipeline.noneRejected'}
          link
        />
        <Counts
          title={text.t('pipeline.refusedBy')}
          counts={pipeline.broker.refused}
          stem="refused."
          none="pipeline.noneRefused"
        />
        {pipeline.storage !== null && (
          <Counts
            title={text.t('pipeline.dropped')}
            counts={droppedCounts(pipeline.storage)}
            stem="dropped."
            none="pipeline.noneDropped"
          />
        )}
        <Counts title={text.t('pipeline.notes')} counts={pipeline.notes} stem="note." none="pipeline.noNotes" />
      </div>
      <ServicesTable />
      <RefusedClientsTable />
    </section>
  )
}
