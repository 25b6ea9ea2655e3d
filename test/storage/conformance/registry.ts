import { expect } from 'vitest'
import { verifyAudit } from '../../../storage/registry/audit/verify.ts'
import type { RegistryEngine } from '../../../storage/registry/engine.ts'
import { openRegistry, type Registry } from '../../../storage/registry/registry.ts'
import { type AreaCase, areaCases, prepareRegistry } from './registry-areas.ts'

/** One registry during one test, empty at first. What it opens it closes. */
export interface RegistryGround {
  /** One more connection, as of another process. */
  open(options?: { now?: () => number }): Promise<Registry>
  openEngine(): Promise<RegistryEngine>
  /** A process of its own that writes into every area, so many rows of each, with this name. */
  writeInProcess(name: string, rows: number): Promise<void>
  /**
   * A process of its own that begins to write, and holds everybody else's writing up for so long; it lets go by itself,
   * since an engine may hold up this whole process with it.
   */
  holdWriting(ms: number): Promise<{ ended: Promise<void> }>
  /** Holding for so long is too long. */
  tooLongMs: number
}

export type RegistryTests = Record<string, (ground: RegistryGround) => Promise<void>>

const byText = (one: string, other: string) => (one < other ? -1 : 1)
const rows = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`)

async function expectSound({ audit, auditSigner }: Registry): Promise<number> {
  const { records, fault } = await verifyAudit({
    ...{ audit, signer: auditSigner },
    anchorLines: { anchors: [], badLine: undefined },
  })
  expect(fault).toBeNull()
  return records
}

const cases = Object.entries(areaCases)

function eachArea(what: string, run: (area: AreaCase, ground: RegistryGround) => Promise<void>): RegistryTests {
  return Object.fromEntries(
    cases.map(([name, area]) => [`${name}: ${what}`, (ground: RegistryGround) => run(area, ground)]),
  )
}

/** By name: what every engine of the registry must do. */
export const registryTests: RegistryTests = {
  ...eachArea(
    'what is written is read, by every connection and the next process, and stands in the audit',
    async (area, { open }) => {
      const [one, other] = [await open(), await open()]
      await prepareRegistry(one)
      for (let n = 0; n < 3; n += 1) await area.write(n % 2 === 0 ? one : other, 'siti', n)
      for (const registry of [one, other, await open()]) {
        expect((await area.read(registry)).toSorted(byText)).toEqual(rows('siti', 3))
        const noted = await registry.audit.list({ action: area.action, actor: 'user:siti', limit: 10 })
        expect(noted).toHaveLength(3)
      }
      await expectSound(other)
    },
  ),

  ...eachArea('a change that fails anywhere leaves neither itself nor a record of it', async (area, { open }) => {
    const clock = { calls: 0, failsAt: Number.POSITIVE_INFINITY }
    const registry = await open({
      now() {
        clock.calls += 1
        if (clock.calls === clock.failsAt) throw new Error('no clock')
        return Date.now()
      },
    })
    await prepareRegistry(registry)
    const before = await registry.audit.head()
    for (let failed = 1; ; failed += 1) {
      Object.assign(clock, { calls: 0, failsAt: failed })
      const outcome = await area.write(registry, 'siti', 0).then(
        () => 'written',
        (error: Error) => error.message,
      )
      clock.failsAt = Number.POSITIVE_INFINITY
      if (outcome === 'written') break
      expect(outcome).toBe('no clock')
      expect(await area.read(registry)).toEqual([])
      expect(await registry.audit.head()).toEqual(before)
      expect(failed).toBeLessThan(20)
    }
    expect(clock.calls).toBeGreaterThan(0)
    expect(await area.read(registry)).toEqual(['siti-0'])
    expect((await registry.audit.head())?.count).toBe((before?.count ?? 0) + 1)
  }),

  ...eachArea('a second connection is told of a change soon, or that there was one', async (area, { open }) => {
    const [one, other] = [await open(), await open()]
    await prepareRegistry(one)
    let heard = 0
    const stop = other.watch(() => {
      heard += 1
    })
    await expect.poll(() => heard).toBe(1)
    const marks = [await one.changeMark(), await other.changeMark()]
    expect([await one.changeMark(), await other.changeMark()]).toEqual(marks)
    const wroteMs = performance.now()
    await area.write(one, 'siti', 0)
    expect(await other.changeMark()).not.toBe(marks[1])
    expect(await one.changeMark()).not.toBe(marks[0])
    if (area.touchesDevices) {
      await expect.poll(() => heard, { interval: 5 }).toBe(2)
      expect(performance.now() - wroteMs).toBeLessThan(1000)
    } else {
      // A device that is written behind it is heard of, and nothing before that.
      await one.devices.patch('river-of-the-suite', { name: 'later' })
      await expect.poll(() => heard).toBe(2)
    }
    stop()
  }),

  'several processes write into all areas at once: nothing is lost, nothing twice, and the audit is one chain': async ({
    open,
    writeInProcess,
  }) => {
    const registry = await open()
    await prepareRegistry(registry)
    const names = ['ani', 'budi', 'citra']
    const each = 4
    await Promise.all(names.map((name) => writeInProcess(name, each)))
    for (const [, area] of cases) {
      expect((await area.read(registry)).toSorted(byText)).toEqual(names.flatMap((name) => rows(name, each)))
    }
    expect(await expectSound(registry)).toBe(1 + names.length * each * cases.length)
    // Each change of a device has a number of its own.
    const touching = cases.filter(([, area]) => area.touchesDevices === true).length
    expect((await registry.devices.changesSince(0)).counter).toBe(1 + names.length * each * touching)
  },

  'waits while another writes, and reads meanwhile': async ({ open, holdWriting }) => {
    const registry = await open()
    await prepareRegistry(registry)
    const { ended } = await holdWriting(1000)
    const heldMs = performance.now()
    expect(await registry.devices.list()).toHaveLength(1)
    expect(await registry.people.exists('siti')).toBe(false)
    expect(performance.now() - heldMs).toBeLessThan(900)
    await registry.devices.create({ id: 'river-2', profile: 'river-gauge' })
    await ended
    expect(await registry.devices.list()).toHaveLength(2)
    await expectSound(registry)
  },

  'says that it is busy where another writes for too long, leaves nothing of the change, and goes on behind it':
    async ({ open, openEngine, holdWriting, tooLongMs }) => {
      const registry = await open()
      await prepareRegistry(registry)
      const { isBusy } = await openEngine()
      const { ended } = await holdWriting(tooLongMs)
      const refused = await registry.devices.create({ id: 'river-2', profile: 'river-gauge' }).catch((error) => error)
      await ended
      expect(isBusy(refused)).toBe(true)
      expect(isBusy(new Error('another one'))).toBe(false)
      expect(await registry.devices.list()).toHaveLength(1)
      await registry.devices.create({ id: 'river-2', profile: 'river-gauge' })
      expect(await expectSound(registry)).toBe(2)
    },

  'the audit refuses to be changed or cut by the database itself': async ({ open, openEngine }) => {
    const registry = await open()
    await prepareRegistry(registry)
    const { db } = await openEngine()
    await expect(db.updateTable('audit').set({ actor: 'user:b' }).execute()).rejects.toThrow(/only appended to/)
    await expect(db.deleteFrom('audit').execute()).rejects.toThrow(/only appended to/)
    await expectSound(registry)
  },

  'gives whole numbers as numbers, bytes as bytes, and orders text by its bytes': async ({ open, openEngine }) => {
    const registry = await open()
    await prepareRegistry(registry)
    for (const id of ['river-b', 'river-a', 'river_a', 'river-0'])
      await registry.tokens.create({ name: id, role: 'wall' })
    const { db } = await openEngine()
    const tokens = await db.selectFrom('token').selectAll().orderBy('name').execute()
    expect(tokens.map(({ name }) => name)).toEqual(['river-0', 'river-a', 'river-b', 'river_a'])
    for (const { hash, created_at_ms, used_at_ms } of tokens) {
      expect([hash instanceof Uint8Array, hash.length, typeof created_at_ms, used_at_ms]).toEqual([
        true,
        32,
        'number',
        null,
      ])
    }
    const { n } = await db
      .selectFrom('token')
      .select((row) => row.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    expect(n).toBe(4)
  },

  'numbers of maintenance windows are given once': async ({ open }) => {
    const registry = await open()
    await prepareRegistry(registry)
    const made = async () => {
      const from = new Date(Date.now() + 60_000).toISOString()
      const until = new Date(Date.now() + 120_000).toISOString()
      return registry.maintenance.create({ deviceIds: ['river-of-the-suite'], from, until, reason: 'ganti baterai' })
    }
    const first = await made()
    await registry.maintenance.end(first.id)
    expect(Number((await made()).id)).toBe(Number(first.id) + 1)
  },

  'a database of a newer release is refused and left as it is': async ({ open, openEngine }) => {
    await open()
    const { db } = await openEngine()
    const version = db.withTables<{ schema_version: { version: number } }>()
    await version.updateTable('schema_version').set({ version: 99 }).execute()
    await expect(open()).rejects.toThrow(/newer release/)
    expect(await version.selectFrom('schema_version').selectAll().execute()).toEqual([{ version: 99 }])
  },
}

/** A registry on an engine that the ground opens; the audit's key lies in `dir`. */
export function openOn(
  dir: string,
  openEngine: () => Promise<RegistryEngine>,
  { now }: { now?: () => number } = {},
): Promise<Registry> {
  const pepper = Buffer.alloc(32, 7)
  return openRegistry({ file: `${dir}/registry.db`, openEngine, pepper, ...(now !== undefined && { now }) })
}
