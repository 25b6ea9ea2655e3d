import { useCallback } from 'react'
import type { ServiceConnections } from '../../../contract/http/pipeline.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { type Polled, usePolled } from '../use-polled.ts'

const everyMs = 5000

function useServices(): Polled<ServiceConnections['items']> {
  const { rest } = useCore()
  const load = useCallback(
    async () => (await rest.get('/api/v1/pipeline/services', answer('serviceConnections'))).items,
    [rest],
  )
  return usePolled(load, everyMs)
}

const columns = ['name', 'client', 'address', 'since', 'filters', 'delivered', 'dropped', 'waiting'] as const

/** Programs that listen over MQTT, a row for each connection. */
export function ServicesTable() {
  const text = useText()
  const items = useServices()
  return (
    <section className="counts refused-clients" data-services>
      <h2>{text.t('pipeline.services')}</h2>
      {items === undefined || items === 'failed' ? (
        <p className="calm">{text.t(items === undefined ? 'site.loading' : 'value.notLoaded')}</p>
      ) : items.length === 0 ? (
        <p className="calm">{text.t('pipeline.noServices')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {text.t(`pipeline.service.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={`${one.name} ${one.clientId} ${one.since}`} data-service={one.name}>
                <th scope="row">{one.name}</th>
                <td>{one.clientId}</td>
                <td>{one.address}</td>
                <td>
                  {text.moment(Date.parse(one.since), Date.now())} {text.zone(Date.parse(one.since))}
                </td>
                <td>
                  {one.filters.join(' ')}
                  {one.subscriptions > one.filters.length && ` +${one.subscriptions - one.filters.length}`}
                </td>
                <td>{text.number(one.delivered)}</td>
                <td>{text.number(one.dropped)}</td>
                <td>{text.bytes(one.waitingBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
