import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commandLimits, isOpenCommand } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const { openInAll, openOfDevice, keptOfDevice, keptMs } = commandLimits

async function openCommands(devices = 1) {
  const clock = { ms: Date.parse('2026-11-24T02:00:00Z') }
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32), now: () => clock.ms })
  onTestFinished(() => registry.close())
  for (let n = 0; n < devices; n += 1) await registry.devices.create({ id: `light-${n}`, profile: 'street-light' })
  const by = (actor: 'user:siti' | 'user:budi' | `device:${string}` | 'token:machine') => registry.as(actor).commands
  const make = (device = 'light-0', more: { dangerous?: boolean; expiresS?: number } = {}) =>
    by('user:siti').create({
      deviceId: device,
      name: 'report',
      args: undefined,
      expiresS: 300,
      dangerous: false,
      ...more,
    })
  return { clock, registry, commands: registry.commands, by, make }
}

test(`${openOfDevice} of a device and ${openInAll} in all may be open, and none more`, {
  timeout: 60_000,
}, async () => {
  const { make, commands } = await openCommands(openInAll / openOfDevice + 1)
  for (let device = 0; device < openInAll / openOfDevice; device += 1)
    for (let n = 0; n < openOfDevice; n += 1) await make(`light-${device}`)
  await expect(make('light-0')).rejects.toMatchObject({ code: 'too-many-commands' })
  await expect(make(`light-${openInAll / openOfDevice}`)).rejects.toMatchObject({ code: 'too-many-commands' })
  expect(await commands.watched(0)).toHaveLength(openInAll)
})

test('the newest closed ones of a device are kept, for so long', { timeout: 60_000 }, async () => {
  const { make, commands, by, clock } = await openCommands()
  for (let n = 0; n < keptOfDevice + 5; n += 1) await by('user:siti').cancel((await make()).id)
  const open = await make()
  const count = async () => {
    let [all, before] = [0, undefined as number | undefined]
    do {
      const page = await commands.list({ deviceId: 'light-0', limit: 200, before })
      all += page.commands.length
      before = page.next
    } while (before !== undefined)
    return all
  }
  expect(await count()).toBe(keptOfDevice + 1)
  clock.ms += keptMs + 1000
  while (await commands.letOldGo()) expect(await count()).toBeGreaterThan(0)
  // One that is open stays, until it ends.
  expect((await commands.list({ limit: 10 })).commands.map(({ id }) => id)).toEqual([open.id])
})

test('open ones are all watched, however many were over', { timeout: 60_000 }, async () => {
  const { make, commands, clock } = await openCommands()
  const old = await make('light-0', { expiresS: 7 * 86_400 })
  for (let n = 0; n < openOfDevice + 20; n += 1) {
    const { id } = await make('light-0', { expiresS: 5 })
    await commands.offer(id)
    clock.ms += 6000
    await commands.expire(id)
  }
  const watched = await commands.watched(clock.ms - 30_000)
  expect(watched[0]?.id).toBe(old.id)
  expect(watched.length).toBe(1 + 5)
})

/** What may become of a command, by its state; whatever is asked, in whatever order, nothing else does. */
const next: Record<Command['state'], Command['state'][]> = {
  'waiting-approval': ['waiting', 'rejected', 'cancelled', 'expired'],
  waiting: ['sent', 'done', 'failed', 'cancelled', 'expired'],
  sent: ['done', 'failed', 'expired'],
  expired: ['done', 'failed'],
  ...{ done: [], failed: [], rejected: [], cancelled: [] },
}

function expectRight(before: Command, after: Command, notes: number): void {
  const isChanged = after.state !== before.state
  if (isChanged) expect(next[before.state]).toContain(after.state)
  const isAnswered = /done|failed/.test(after.state)
  // What its device cannot have it cannot answer, and what it may have nobody takes back.
  expect([isAnswered && before.offeredAt === null, after.state === 'cancelled' && before.offeredAt !== null]).toEqual([
    ...[false, false],
  ])
  expect(notes).toBe(isChanged || after.sentAt !== before.sentAt ? 1 : 0)
  if (after.dangerous && after.offeredAt !== null) expect(after.approvedBy).toBe('user:budi')
}

test('nothing but what the states allow becomes of a command, and each change is noted', {
  timeout: 60_000,
}, async () => {
  const { make, commands, by, clock, registry } = await openCommands()
  let seed = 7
  const random = (most: number) => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed % most
  }
  const steps: ((id: string) => Promise<unknown>)[] = [
    (id) => by('user:budi').decide(id, 'approved'),
    (id) => by('user:siti').decide(id, 'approved'),
    (id) => by('token:machine').decide(id, 'approved'),
    (id) => by('user:budi').decide(id, 'rejected'),
    (id) => by('user:budi').cancel(id),
    ...[commands.offer, commands.offer, commands.takeBack, commands.expire],
    (id) => commands.sent(id, { acknowledged: true }),
    (id) => by('device:light-0').answer(id, { ok: random(2) === 0, error: null, atMs: clock.ms }),
    async (id) =>
      expect(await by('device:light-1').answer(id, { ok: true, error: null, atMs: clock.ms })).toBeUndefined(),
    async () => {
      clock.ms += random(3) === 0 ? 40_000 : 10
    },
  ]
  const noted = async () => (await registry.audit.head())?.count ?? 0
  for (let round = 0; round < 150; round += 1) {
    let command = await make('light-0', { dangerous: random(2) === 0, expiresS: 60 })
    for (let step = 0; step < 15; step += 1) {
      const before = await noted()
      await steps[random(steps.length)]?.(command.id).catch((error) =>
        expect(error.code).toMatch(/second-person|decided/),
      )
      const after = (await commands.find(command.id)) ?? command
      expectRight(command, after, (await noted()) - before)
      command = after
    }
    clock.ms += 61_000
    await commands.expire(command.id)
    expect(isOpenCommand((await commands.find(command.id))?.state ?? 'waiting')).toBe(false)
  }
})
