import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDeliveries } from '../../../api/commands/deliveries.ts'
import type { Command } from '../../../contract/http/commands.ts'
import type { CommandDelivery } from '../../../contract/ports/control.ts'

function waitingOf(deviceId: string): Command {
  const never = { approvedBy: null, approvedAt: null, endedBy: null, endedAt: null, offeredAt: null, sentAt: null }
  const times = { createdAt: '2026-11-30T08:00:00.000Z', expiresAt: '2026-12-07T08:00:00.000Z' }
  const made = { name: 'report', state: 'waiting', dangerous: false, createdBy: 'user:siti', ...times } as const
  return { id: `c-${deviceId}`, deviceId, ...made, ...never, acknowledged: null, answeredAt: null, error: null }
}

test('devices that never acknowledge hold up nobody who does', async () => {
  const ids = [...Array.from({ length: 300 }, (_none, n) => `mute-${n}`), 'light-1']
  const watched = new Map(ids.map((id) => [`c-${id}`, waitingOf(id)]))
  const asked: string[] = []
  let open: ((outcome: CommandDelivery) => void)[] = []
  const change = async (id: string, more: Partial<Command>) => ({ ...(watched.get(id) ?? waitingOf('')), ...more })
  const { send } = createDeliveries({
    broker: {
      listening: async (some) => [...some],
      deliver({ deviceId }) {
        asked.push(deviceId)
        if (deviceId === 'light-1') return Promise.resolve('acknowledged')
        return new Promise((resolve) => open.push(resolve))
      },
    },
    commands: {
      offer: (id) => change(id, { offeredAt: '2026-11-30T08:00:01.000Z' }),
      takeBack: (id) => change(id, { offeredAt: null }),
      sent: (id) => change(id, { state: 'sent' }),
    },
    watched,
    async follow(id, work) {
      const command = await work
      if (command !== undefined) watched.set(id, command)
    },
    log: pino({ level: 'silent' }),
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  for (let round = 0; round < 6 && !asked.includes('light-1'); round += 1) {
    await send()
    await turn()
    const ending = open
    open = []
    for (const end of ending) end('unanswered')
    await turn()
  }
  expect(asked).toContain('light-1')
  expect(new Set(asked).size).toBe(301)
  // Those that do not answer are asked again, and leave room for who comes.
  await send()
  await turn()
  expect(open).toHaveLength(50)
  watched.set('c-gauge-1', waitingOf('gauge-1'))
  await send()
  await turn()
  expect(asked.at(-1)).toBe('gauge-1')
})
