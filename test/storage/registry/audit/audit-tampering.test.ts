import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readAnchors, writeAnchor } from '../../../../storage/registry/audit/anchor-file.ts'
import { genesis, hashOf } from '../../../../storage/registry/audit/record.ts'
import { createAuditVerifier } from '../../../../storage/registry/audit/signer.ts'
import { type AuditFault, verifyAudit } from '../../../../storage/registry/audit/verify.ts'
import { openRegistry, type Registry } from '../../../../storage/registry/registry.ts'
import { tempDir } from '../../../support/system/temp-dir.ts'

const records = 30
const anchoredAt = [10, 20, 30]
const seed = 20_261_124
const rounds = 1000

const pepper = randomBytes(32)
const master = mkdtempSync(join(tmpdir(), 'bcc-test-'))
afterAll(() => rmSync(master, { recursive: true, force: true }))

/** A log of 30 records with an anchor after every 10. */
beforeAll(async () => {
  const registry = await openRegistry({ file: join(master, 'registry.db'), pepper })
  for (let n = 1; n <= records; n++) {
    await registry.audit.append(`user:p${n % 3}`, { action: 'quarantine.retried', target: String(n), detail: { n } })
    const head = await registry.audit.head()
    if (head === undefined || !anchoredAt.includes(n)) continue
    const anchor = { at: new Date().toISOString(), count: head.count, head: Buffer.from(head.hash).toString('hex') }
    writeAnchor(join(master, 'anchors'), anchor, registry.auditSigner)
  }
  await registry.close()
})

test('the key is Ed25519, and each record has a signature of it', () => {
  for (const read of [createPublicKey, createPrivateKey]) {
    const file = read === createPublicKey ? 'audit-key.pub' : 'audit-key'
    expect(read(readFileSync(join(master, file))).asymmetricKeyType).toBe('ed25519')
  }
  const raw = new DatabaseSync(join(master, 'registry.db'))
  onTestFinished(() => raw.close())
  expect(new Set(rowsOf(raw).map(({ signature }) => signature.length))).toEqual(new Set([64]))
})

/** A copy of it, opened by somebody who may write the database and has taken the triggers away. */
function stolen(): { dir: string; raw: DatabaseSync } {
  const dir = tempDir()
  for (const name of ['registry.db', 'audit-key.pub', 'anchors']) copyFileSync(join(master, name), join(dir, name))
  const raw = new DatabaseSync(join(dir, 'registry.db'))
  raw.exec('drop trigger audit_no_update; drop trigger audit_no_delete; pragma synchronous = off')
  return { dir, raw }
}

async function faultIn(dir: string): Promise<AuditFault | null> {
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
  const fault = await faultOf(registry, dir)
  await registry.close()
  return fault
}

async function faultOf({ audit }: Registry, dir: string): Promise<AuditFault | null> {
  const signer = createAuditVerifier(join(dir, 'audit-key.pub'))
  const anchorLines = readAnchors(join(dir, 'anchors'), signer)
  const { fault } = await verifyAudit({ audit, signer, anchorLines })
  return fault
}

/** Small and seeded, so that a failure can be had again. */
function chance(start: number) {
  let state = start
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Row = Parameters<typeof hashOf>[0] & { hash: Uint8Array; signature: Uint8Array }
const rowsOf = (raw: DatabaseSync) => raw.prepare('select * from audit order by seq').all() as unknown as Row[]

function put(raw: DatabaseSync, { seq, at_ms, actor, action, target, detail, previous, hash, signature }: Row): void {
  raw
    .prepare('insert or replace into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(seq, at_ms, actor, action, target, detail, previous, hash, signature)
}

const forger = generateKeyPairSync('ed25519').privateKey

/** The chain from this record on, worked out again without our key. */
function rechain(raw: DatabaseSync, from: number): void {
  let previous: Uint8Array = genesis
  for (const row of rowsOf(raw)) {
    const hash = row.seq < from ? row.hash : hashOf({ ...row, previous })
    if (row.seq >= from) put(raw, { ...row, previous, hash, signature: sign(null, hash, forger) })
    previous = hash
  }
}

/** Each does one thing to the log and returns the record that must be named. */
const mutations: Record<string, (raw: DatabaseSync, random: (below: number) => number) => number> = {
  edit(raw, random) {
    const seq = 1 + random(records)
    const [column, value] = [
      ['at_ms', 1],
      ['at_ms', 2n ** 60n],
      ['actor', 'user:somebody-else'],
      ['action', 'session.closed'],
      ['target', null],
      ['detail', '{}'],
      ['detail', `{"n": ${seq}}`],
      ['previous', randomBytes(32)],
      ['hash', randomBytes(32)],
      ['signature', randomBytes(64)],
      ['signature', randomBytes(3)],
      ['hash', 'text'],
    ][random(12)] as [string, string]
    raw.prepare(`update audit set ${column} = ? where seq = ?`).run(value, seq)
    return seq
  },
  flipOneBit(raw, random) {
    const seq = 1 + random(records)
    const column = ['hash', 'previous', 'signature'][random(3)] ?? 'hash'
    const bytes = Buffer.from(
      (raw.prepare(`select ${column} as b from audit where seq = ?`).get(seq) as { b: Buffer }).b,
    )
    const place = random(bytes.length)
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << random(8)), place)
    raw.prepare(`update audit set ${column} = ? where seq = ?`).run(bytes, seq)
    return seq
  },
  cutOut(raw, random) {
    const seq = 1 + random(records - 1)
    raw.prepare('delete from audit where seq between ? and ?').run(seq, seq + random(records - seq))
    return seq
  },
  cutOutAndCloseUp(raw, random) {
    const seq = 1 + random(records - 1)
    raw.prepare('delete from audit where seq = ?').run(seq)
    raw.prepare('update audit set seq = seq - 1 where seq > ?').run(seq)
    return seq
  },
  putIn(raw, random) {
    const seq = 1 + random(records)
    raw.prepare('update audit set seq = -seq where seq >= ?').run(seq)
    raw.prepare('update audit set seq = 1 - seq where seq < 0').run()
    // Of a record with another number: its own copy would be no record too many.
    const others = rowsOf(raw).filter(({ target }) => target !== String(seq))
    put(raw, { ...(others[random(others.length)] as Row), seq })
    return seq
  },
  putBefore(raw) {
    put(raw, { ...(rowsOf(raw)[0] as Row), seq: 0 })
    return 0
  },
  append(raw) {
    const last = rowsOf(raw).at(-1) as Row
    const row = { ...last, seq: last.seq + 1, previous: last.hash }
    const hash = hashOf(row)
    put(raw, { ...row, hash, signature: sign(null, hash, forger) })
    return records + 1
  },
  swap(raw, random) {
    const one = 1 + random(records - 1)
    const other = one + 1 + random(records - one)
    const rows = rowsOf(raw)
    put(raw, { ...(rows[one - 1] as Row), seq: other })
    put(raw, { ...(rows[other - 1] as Row), seq: one })
    return one
  },
  cutTail(raw, random) {
    const seq = 1 + random(records)
    raw.prepare('delete from audit where seq >= ?').run(seq)
    return seq
  },
  rewriteSuffix(raw, random) {
    const seq = 1 + random(records)
    raw.prepare("update audit set actor = 'user:forged' where seq = ?").run(seq)
    rechain(raw, seq)
    return seq
  },
  cutAndRechain(raw, random) {
    const seq = 1 + random(records - 1)
    raw.prepare('delete from audit where seq = ?').run(seq)
    raw.prepare('update audit set seq = seq - 1 where seq > ?').run(seq)
    rechain(raw, seq)
    return seq
  },
}

describe('the audit', () => {
  test('is right as it was written', async () => {
    expect(await faultIn(master)).toBeNull()
  })

  test(`shows ${rounds} of ${rounds} mutations, and names the first record of each`, async () => {
    const random = chance(seed)
    const names = Object.keys(mutations)
    const { dir, raw } = stolen()
    const whole = rowsOf(raw)
    const missed: string[] = []
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
    onTestFinished(() => registry.close())
    for (let round = 0; round < rounds; round++) {
      const name = names[round % names.length] ?? ''
      raw.exec('begin')
      const seq = mutations[name]?.(raw, random)
      raw.exec('commit')
      const fault = await faultOf(registry, dir)
      if (fault?.seq !== seq) missed.push(`${round} ${name} ${seq}: ${fault?.sentence}`)
      raw.exec('begin; delete from audit')
      for (const row of whole) put(raw, row)
      raw.exec('commit')
    }
    raw.close()
    expect(missed).toEqual([])
    expect(await faultIn(dir)).toBeNull()
  }, 120_000)
})

describe('an anchor elsewhere', () => {
  test('shows a log that was exchanged whole, with a key of its own', async () => {
    const { dir, raw } = stolen()
    raw.close()
    for (const name of ['registry.db', 'audit-key.pub']) rmSync(join(dir, name))
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
    for (let n = 0; n < 80; n++) await registry.audit.append('user:nobody', { action: 'session.closed' })
    await registry.close()
    expect(await faultIn(dir)).toMatchObject({ kind: 'anchor-forged', seq: 1 })
  })

  test('shows what somebody who has the key rewrote, from the last anchor that agrees', async () => {
    const { dir, raw } = stolen()
    raw.exec('delete from audit where seq > 15')
    raw.close()
    copyFileSync(join(master, 'audit-key'), join(dir, 'audit-key'))
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
    for (let n = 0; n < 80; n++) await registry.audit.append('user:nobody', { action: 'session.closed' })
    await registry.close()
    expect(await faultIn(dir)).toMatchObject({ kind: 'exchanged', seq: 11 })
  })

  test('that was forged, or is no anchor at all, is told by its line', async () => {
    const { dir, raw } = stolen()
    raw.close()
    const [first = '', second = '', third = ''] = readFileSync(join(dir, 'anchors'), 'utf8').trim().split('\n')
    writeFileSync(join(dir, 'anchors'), [first, second.replace('"count":20', '"count":19'), third, ''].join('\n'))
    expect(await faultIn(dir)).toMatchObject({ kind: 'anchor-forged', seq: 2 })
    writeFileSync(join(dir, 'anchors'), [first, '{"so":1}', third, ''].join('\n'))
    expect(await faultIn(dir)).toMatchObject({ kind: 'anchor-forged', seq: 2 })
  })

  test('torn by a loss of power is no fault, and the next one has a line of its own', async () => {
    const { dir, raw } = stolen()
    raw.close()
    const file = join(dir, 'anchors')
    const third = readFileSync(file, 'utf8').trim().split('\n')[2] ?? ''
    appendFileSync(file, third.slice(0, 50))
    expect(await faultIn(dir)).toBeNull()
    copyFileSync(join(master, 'audit-key'), join(dir, 'audit-key'))
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
    onTestFinished(() => registry.close())
    const { count, hash } = (await registry.audit.head()) ?? { count: 0, hash: genesis }
    const anchor = { at: new Date().toISOString(), count, head: Buffer.from(hash).toString('hex') }
    writeAnchor(file, anchor, registry.auditSigner)
    expect(readAnchors(file, registry.auditSigner)).toMatchObject({ anchors: { length: 4 }, badLine: undefined })
  })
})
