import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { readableGroup } from './passwords.ts'
import { endSessions } from './sessions.ts'

/** A new factor, as it is shown once. */
export interface Enrolment {
  /** Base32, for typing. */
  secret: string
  /** `otpauth://totp/…`, for the QR code. */
  uri: string
}

export interface SecondFactors {
  /** A new secret that counts only once a code of it was given. What was there before goes on counting. */
  begin(username: string): Promise<Enrolment>
  /**
   * The first code of the new secret; gives ten recovery codes, shown this once. Refused when the code is wrong. Ends all
   * other sessions of the person, and the links that would sign in: what they were proved by is not enough any more.
   */
  confirm(username: string, code: string, here?: { session: string | undefined }): Promise<string[]>
  /** For somebody who stands beside the person: counts at once, and all sessions of the person end. */
  enrol(username: string): Promise<Enrolment & { recoveryCodes: string[] }>
  remove(username: string): Promise<void>
}

export interface SecondFactorProof {
  has(username: string): Promise<boolean>
  /** Of the authenticator, or a recovery code; each is good once. */
  accept(username: string, code: string): Promise<boolean>
}

export interface SecondFactorParts {
  db: RegistryDatabase
  pepper: Uint8Array
  /** Name of the command centre, which the authenticator shows. */
  issuer: string
  note: NoteChange
  now: () => number
}

/** RFC 6238 as every authenticator has it: SHA-1, 6 digits, 30 s; one step of tolerance to each side (RFC 6238, 5.2). */
const rules = { algorithm: 'SHA1', digits: 6, period: 30 } as const
const tolerance = 1
const secretBytes = 20
const recoveryCodes = 10

export function createSecondFactors({ db, pepper, issuer, note, now }: SecondFactorParts): SecondFactors {
  const cipher = createSecretCipher(pepper)

  async function keep(transaction: Writing, username: string, confirmed: boolean): Promise<Enrolment> {
    const known = await transaction
      .selectFrom('person')
      .select('username')
      .where('username', '=', username)
      .executeTakeFirst()
    if (known === undefined) throw new Refusal('unknown-user', `There is no user "${username}".`)
    const secret = new Secret({ size: secretBytes })
    const table = confirmed ? 'second_factor' : 'second_factor_draft'
    await transaction.deleteFrom(table).where('username', '=', username).execute()
    const row = { username, secret: cipher.seal(new Uint8Array(secret.buffer), username), created_at_ms: now() }
    if (confirmed)
      await transaction
        .insertInto('second_factor')
        .values({ ...row, last_step: 0 })
        .execute()
    else await transaction.insertInto('second_factor_draft').values(row).execute()
    return { secret: secret.base32, uri: totpOf(secret, { label: username, issuer }).toString() }
  }

  async function newRecoveryCodes(transaction: Writing, username: string): Promise<string[]> {
    const codes = Array.from({ length: recoveryCodes }, () => `${readableGroup()}-${readableGroup()}`)
    await transaction.deleteFrom('recovery_code').where('username', '=', username).execute()
    const rows = codes.map((code) => ({ username, hash: recoveryHash(pepper, username, code) }))
    await transaction.insertInto('recovery_code').values(rows).execute()
    return codes
  }

  return {
    begin: (username) => db.transaction().execute((transaction) => keep(transaction, username, false)),

    confirm: (username, code, here) =>
      db.transaction().execute(async (transaction) => {
        const draft = await transaction
          .selectFrom('second_factor_draft')
          .selectAll()
          .where('username', '=', username)
          .executeTakeFirst()
        if (draft === undefined) throw new Refusal('wrong-code', 'There is no enrolment under way.')
        const step = stepOf(cipher.open(draft.secret, username), code, now())
        if (step === undefined) throw new Refusal('wrong-code')
        await transaction.deleteFrom('second_factor').where('username', '=', username).execute()
        await transaction.deleteFrom('second_factor_draft').where('username', '=', username).execute()
        await transaction
          .insertInto('second_factor')
          .values({ ...draft, last_step: step })
          .execute()
        await endSessions(transaction, username, here?.session)
        await note(transaction, { action: 'totp.enrolled', target: username })
        return newRecoveryCodes(transaction, username)
      }),

    enrol: (username) =>
      db.transaction().execute(async (transaction) => {
        const enrolment = await keep(transaction, username, true)
        await endSessions(transaction, username)
        await note(transaction, { action: 'totp.enrolled', target: username })
        return { ...enrolment, recoveryCodes: await newRecoveryCodes(transaction, username) }
      }),

    remove: (username) =>
      db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('second_factor')
          .where('username', '=', username)
          .executeTakeFirst()
        if (numDeletedRows === 0n) throw new Refusal('unknown-user', `"${username}" has no second factor.`)
        await transaction.deleteFrom('recovery_code').where('username', '=', username).execute()
        await endSessions(transaction, username)
        await note(transaction, { action: 'totp.removed', target: username })
      }),
  }
}

export function createSecondFactorProof({
  db,
  pepper,
  now,
}: Omit<SecondFactorParts, 'note' | 'issuer'>): SecondFactorProof {
  const cipher = createSecretCipher(pepper)
  return {
    async has(username) {
      const query = db.selectFrom('second_factor').select('username').where('username', '=', username)
      return (await query.executeTakeFirst()) !== undefined
    },
    async accept(username, code) {
      const factor = await db
        .selectFrom('second_factor')
        .selectAll()
        .where('username', '=', username)
        .executeTakeFirst()
      if (factor === undefined) return false
      const step = stepOf(cipher.open(factor.secret, username), code, now())
      if (step === undefined) {
        const { numDeletedRows } = await db
          .deleteFrom('recovery_code')
          .where('hash', '=', recoveryHash(pepper, username, code))
          .executeTakeFirst()
        return numDeletedRows > 0n
      }
      // Two logins with the same code at once: one of them finds the step taken (RFC 6238, 5.2).
      const { numUpdatedRows } = await db
        .updateTable('second_factor')
        .set({ last_step: step })
        .where('username', '=', username)
        .where('last_step', '<', step)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

function totpOf(secret: Secret, shown: { label?: string; issuer?: string } = {}): TOTP {
  return new TOTP({ ...shown, secret, ...rules })
}

/** Number of the 30-second step that the code belongs to. */
function stepOf(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const token = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const buffer = Uint8Array.from(secret).buffer
  const delta = totpOf(new Secret({ buffer })).validate({ token, timestamp: nowMs, window: tolerance })
  return delta === null ? undefined : Math.floor(nowMs / 1000 / rules.period) + delta
}

/** Typed by hand: case and blanks do not matter. */
function recoveryHash(pepper: Uint8Array, username: string, code: string): Uint8Array {
  const typed = code.trim().toLowerCase()
  return createHmac('sha256', pepper).update(`recovery ${username} ${typed}`).digest()
}

const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM with a key of its own: a code must be worked out again, so a hash would not do. */
function createSecretCipher(pepper: Uint8Array) {
  const key = new Uint8Array(hkdfSync('sha256', pepper, new Uint8Array(), 'bcc second factor', 32))
  return {
    seal(secret: Uint8Array, username: string): Uint8Array {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(username))
      const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    /** Throws when it is not what was sealed for this person. */
    open(sealed: Uint8Array, username: string): Uint8Array {
      const nonce = sealed.subarray(0, nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(username)).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])
    },
  }
}
