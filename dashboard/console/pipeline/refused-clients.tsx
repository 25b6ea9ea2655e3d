import { useCallback } from 'react'
import type { RefusedClients } from '../../../contract/http/pipeline.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { type Polled, usePolled } from '../use-polled.ts'

const everyMs = 10_000

function useRefusedClients(): Polled<RefusedClients['items']> {
  const { rest } = useCore()
  const load = useCallback(
    async () => (await rest.get('/api/v1/pipeline/refused-clients', answer('refusedClients'))).items,
    [rest],
  )
  return usePolled(load, everyMs)
}

/** Who was turned away at the broker's door, or sends faster than it may. */
export function RefusedClientsTable() {
  const text = useText()
  const items = useRefusedClients()
  const words = (reason: string) => {
    const key = `refused.${reason}`
    return text.has(key) ? text.t(key) : reason
  }
  return (
    <section className="counts refused-clients">
      <h2>{text.t('pipeline.refusedClients')}</h2>
      {items === undefined || items === 'failed' ? (
        <p className="calm">{text.t(items === undefined ? 'site.loading' : 'value.notLoaded')}</p>
      ) : items.length === 0 ? (
        <p className="calm">{text.t('pipeline.noRefusedClients')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {(['who', 'clientId', 'address', 'reason', 'count', 'last'] as const).map((column) => (
                <th key={column} scope="col">
                  {text.t(`pipeline.client.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map(({ reason, userName, clientId, address, count, lastAt }) => (
              <tr key={`${reason} ${userName} ${clientId} ${address}`} data-reason={reason}>
                <th scope="row">{userName}</th>
                <td>{clientId}</td>
                <td>{address}</td>
                <td>{words(reason)}</td>
                <td>{text.number(count)}</td>
                <td>
                  {text.moment(Date.parse(lastAt), Date.now())} {text.zone(Date.parse(lastAt))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
