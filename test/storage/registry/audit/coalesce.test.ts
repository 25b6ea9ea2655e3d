import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor } from '../../../../contract/http/audit.ts'
import type { AuditEntry } from '../../../../storage/registry/audit/audit-log.ts'
import { createCoalescingAudit } from '../../../../storage/registry/audit/coalesce.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function coalescing() {
  const written: (AuditEntry & { actor: Actor })[] = []
  const audit = {
    failing: false as boolean,
    append: async (actor: Actor, entry: AuditEntry) => {
      if (audit.failing) throw new Error('the disk is full')
      written.push({ actor, ...entry })
    },
  }
  const often = createCoalescingAudit({ audit, log: pino({ level: 'silent' }), now: Date.now })
  const of = (actor: Actor) => written.filter((one) => one.actor === actor)
  /** Everything that stands in the records of somebody as what it was done to. */
  const targetsOf = (actor: Actor) =>
    of(actor).flatMap(({ target, detail }) => [
      ...(target === undefined ? [] : [target]),
      ...(Array.isArray(detail?.targets) ? detail.targets : []),
    ])
  return { audit, often, written, of, targetsOf }
}

const exported = (target: string): AuditEntry => ({ action: 'readings.exported', target, detail: { format: 'csv' } })
const refused = (address: string): AuditEntry => ({
  action: 'session.refused',
  detail: { address, why: 'wrong-token' },
})

describe('who read or exported', () => {
  test('is named with each device, whatever strangers do and however many there were before', async () => {
    const { often, targetsOf } = coalescing()
    for (let n = 0; n < 500; n++) await often.note('system:api', refused(`10.0.${n >> 8}.${n & 255}`))
    for (let n = 1; n <= 104; n++) await often.note('user:op1', exported(`bus-${n}`))
    await often.note('user:op1', exported('dev-05'))
    await often.note('user:op1', { action: 'quarantine.read', target: '1-50' })
    await often.note('user:u7', { action: 'access.refused', target: 'post /api/v1/devices' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(targetsOf('user:op1')).toEqual([
      ...Array.from({ length: 30 }, (_none, n) => `bus-${n + 1}`),
      '1-50',
      ...Array.from({ length: 74 }, (_none, n) => `bus-${n + 31}`),
      'dev-05',
    ])
    expect(targetsOf('user:u7')).toEqual(['post /api/v1/devices'])
  })

  test.each([29, 30, 31, 5000, 10_001])('is complete with %i devices in a minute, in few records', async (count) => {
    const { often, of, targetsOf } = coalescing()
    const ids = Array.from({ length: count }, (_none, n) => `device-with-a-long-name-of-sixty-three-characters-${n}`)
    for (const id of ids) await often.note('token:laporan', exported(id))
    await often.close()
    expect(targetsOf('token:laporan')).toEqual(ids)
    expect(of('token:laporan').length).toBeLessThanOrEqual(30 + Math.ceil(count / 55))
    for (const { detail } of of('token:laporan'))
      expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThanOrEqual(4096)
  })

  test('again in the same minute is counted with its device', async () => {
    const { often, of } = coalescing()
    for (let n = 0; n < 50; n++) await often.note('user:op1', exported('bus-1'))
    await vi.advanceTimersByTimeAsync(61_000)
    expect(of('user:op1').map(({ target, detail }) => [target, detail])).toEqual([
      ['bus-1', { format: 'csv' }],
      ['bus-1', { format: 'csv', more: 49 }],
    ])
    await often.note('user:op1', exported('bus-1'))
    expect(of('user:op1')).toHaveLength(3)
  })

  test('waits for a disk that is full, and is written then', async () => {
    const { audit, often, targetsOf } = coalescing()
    for (let n = 0; n < 40; n++) await often.note('user:op1', exported(`bus-${n}`))
    audit.failing = true
    await vi.advanceTimersByTimeAsync(3000)
    audit.failing = false
    await vi.advanceTimersByTimeAsync(1000)
    expect(targetsOf('user:op1')).toHaveLength(40)
  })
})

describe('strangers', () => {
  test('have 100 kinds in a minute, ten of an address; past them the number and our own accounts are kept', async () => {
    const { often, written } = coalescing()
    for (let n = 0; n < 15; n++) await often.note('system:api', refused('10.0.0.1'), `name ${n}`)
    expect(written).toHaveLength(10)
    for (let n = 0; n < 300; n++) await often.note('system:api', refused(`10.1.${n >> 8}.${n & 255}`))
    expect(written).toHaveLength(100)
    const target = 'adm2'
    for (let n = 0; n < 7; n++) await often.note('system:api', { ...refused('10.9.9.9'), target }, target)
    await vi.advanceTimersByTimeAsync(61_000)
    expect(written.slice(100)).toEqual([
      {
        actor: 'system:api',
        action: 'session.refused',
        detail: { others: true, more: 5 + 210 + 7, targets: { adm2: 7 } },
      },
    ])
    // The next minute has its own room.
    await often.note('system:api', refused('10.0.0.1'), 'name 0')
    expect(written).toHaveLength(102)
  })

  test('cause the same work with a name that exists as with one that does not', async () => {
    const { often, written } = coalescing()
    for (let n = 0; n < 200; n++) {
      const before = written.length
      await often.note('system:api', { ...refused(`10.2.0.${n}`), target: 'adm2' }, 'adm2')
      const ofKnown = written.length - before
      await often.note('system:api', refused(`10.3.0.${n}`), 'nobody')
      // The last place may be taken between the two, whoever comes first.
      if (n !== 50) expect(written.length - before - ofKnown).toBe(ofKnown)
    }
  })
})
