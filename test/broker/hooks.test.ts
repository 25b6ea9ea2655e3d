import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { CredentialStore } from '../../contract/ports/credentials.ts'
import type { JournalEntry, JournalWriter } from '../../contract/ports/journal.ts'
import { openDoor } from '../support/broker/door.ts'
import { refusedAt } from '../support/broker/door-facts.ts'
import { busTopic, openSocket, signIn } from '../support/broker/raw-mqtt.ts'
import { publish } from './conformance/bytes.ts'

const broken = (): never => {
  throw new Error('injected')
}

function withCredentials(credentials: Partial<CredentialStore>) {
  return openDoor({
    ingest: false,
    wrap: (parts) => ({ ...parts, credentials: { ...parts.credentials, ...credentials } }),
  })
}

/** The journal, but for entries that `fails` names. */
function withJournal(fails: (entry: JournalEntry) => boolean) {
  return openDoor({
    ingest: false,
    wrap({ journal, credentials }) {
      const append: JournalWriter['append'] = (entry, done) => (fails(entry) ? broken() : journal.append(entry, done))
      return { credentials, journal: { ...journal, append } }
    },
  })
}

test.each([
  ['throws', broken],
  ['fails', () => Promise.reject(new Error('injected'))],
])('a device is refused for now when looking at its key %s', async (_how, verify) => {
  const door = await withCredentials({ verify })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  expect(await signIn(await openSocket(door.port), 'bus-1', key)).toBe(3)
  expect(await signIn(await openSocket(door.port), 'bus-1', key)).toBe(3)
  expect(await refusedAt(door)).toEqual({ 'hook-failed': 2 })
})

test('a message is not acknowledged when the journal throws, and others go on', async () => {
  const times = { left: 1 }
  const door = await withJournal(({ type }) => type === 'message' && times.left-- > 0)
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-1', key)
  const come: Buffer[] = []
  socket.on('data', (bytes) => come.push(bytes))
  socket.write(publish(busTopic('bus-1'), { first: 0x32, id: 1 }))
  await once(socket, 'close')
  expect(come).toEqual([])
  expect(await refusedAt(door)).toEqual({ 'hook-failed': 1 })
  const again = await openSocket(door.port)
  await signIn(again, 'bus-1', key)
  again.write(publish(busTopic('bus-1'), { first: 0x32, id: 1 }))
  const [answer]: Buffer[] = await once(again, 'data')
  expect(answer).toEqual(Buffer.from([0x40, 2, 0, 1]))
})

test('a device is let in for nothing when its coming cannot be noted', async () => {
  const door = await withJournal(({ type, principal }) => type === 'link' && principal !== '')
  const key = await door.register('bus-1', 'trans-binjai-bus')
  expect(await signIn(await openSocket(door.port), 'bus-1', key)).toBe(3)
})

test('the broker lives on when revocations cannot be looked up', async () => {
  const door = await withCredentials({ judge: () => Promise.reject(new Error('injected')) })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-1', key)
  await door.registry.devices.revoke('bus-1')
  expect(await signIn(await openSocket(door.port), 'bus-1', key)).toBe(4)
})
