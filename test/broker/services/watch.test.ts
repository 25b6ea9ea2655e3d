import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchServices } from '../../../broker/services/service-watch.ts'
import type { Subscriber } from '../../../broker/services/subscriber.ts'
import { createServiceTotals } from '../../../broker/services/totals.ts'
import type { ServiceCredential } from '../../../contract/ports/credentials.ts'

function subscriberOf(service: string, counts = { delivered: 0, dropped: 0 }): Subscriber {
  const credential: ServiceCredential = { service, mark: '00', filters: [], expiresAtMs: null }
  // Nothing else of it is asked here.
  return { credential, ...counts } as Subscriber
}

test('a revoked token is cut off also where the registry could not be read at once', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const subscriber = subscriberOf('kota-lain')
  const cut: string[] = []
  let faults = 2
  const watch = watchServices({
    store: {
      verify: async () => undefined,
      find: async () => undefined,
      async ended(credentials) {
        faults -= 1
        if (faults >= 0) throw new Error('disk I/O error')
        return [...credentials]
      },
      watch: () => () => undefined,
    },
    connections: () => [subscriber],
    cut: ({ credential }, reason) => cut.push(`${credential.service} ${reason}`),
    log: pino({ level: 'silent' }),
  })
  watch.look()
  await vi.advanceTimersByTimeAsync(900)
  expect(cut).toEqual([])
  await vi.advanceTimersByTimeAsync(1200)
  expect(cut).toEqual(['kota-lain revoked'])
  watch.stop()
})

test('what the newest of many services heard is counted, and who is connected is never forgotten', () => {
  let nowMs = 1
  const totals = createServiceTotals(() => nowMs)
  const first = subscriberOf('pertama')
  totals.began(first)
  for (let n = 0; n < 1500; n += 1) {
    nowMs += 1
    const one = subscriberOf(`layanan-${n}`, { delivered: 3, dropped: 1 })
    totals.began(one)
    totals.ended(one)
  }
  const list = totals.list([first])
  expect(list.length).toBeLessThanOrEqual(1000)
  expect(list.find(({ name }) => name === 'layanan-1499')).toMatchObject({ connections: 0, delivered: 3, dropped: 1 })
  expect(list.find(({ name }) => name === 'pertama')).toMatchObject({ connections: 1 })
})
