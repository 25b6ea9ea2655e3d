import { randomBytes, randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Refusal } from '../../../contract/http/refusal.ts'
import { createHashQueue, type Turn } from './hash-queue.ts'

/** OWASP's parameters for argon2id, which is the library's default variant: 19 MiB, two passes, one lane. */
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
export const minPasswordLength = 12

export interface Passwords {
  /** Throws a Refusal when the password is shorter than 12 characters. */
  hash(password: string): Promise<string>
  /** Takes as long for a user that does not exist. @throws Refusal `busy` */
  matches(password: string, hash: string | undefined, turn?: Turn): Promise<boolean>
}

/** Of somebody who is signed in already, or at the command line. */
const ourTurn: Turn = { network: '', rank: () => 0, delayMs: () => 0 }

export function createPasswords(): Passwords {
  const queue = createHashQueue()
  let nobodys: Promise<string> | undefined

  return {
    async hash(password) {
      if ([...password].length < minPasswordLength) {
        throw new Refusal('weak-password', `A password has at least ${minPasswordLength} characters.`)
      }
      return queue.run(ourTurn, () => hash(normal(password), argon2id))
    },
    async matches(password, known, turn = ourTurn) {
      nobodys ??= hash(randomBytes(32), argon2id)
      const anyones = await nobodys
      const equal = await queue.run(turn, () => verify(known ?? anyones, normal(password)))
      return equal && known !== undefined
    },
  }
}

/** The same password typed on another keyboard has other code points: NIST SP 800-63B, 3.1.1.2. */
function normal(password: string): string {
  return password.normalize('NFKC')
}

/** Without letters and digits that are mistaken for each other. */
const readable = 'abcdefghjkmnpqrstuvwxyz23456789'

export function readableGroup(): string {
  return Array.from({ length: 5 }, () => readable.charAt(randomInt(readable.length))).join('')
}

/** 20 readable characters in groups of five, 99 bits. */
export function randomPassword(): string {
  return [readableGroup(), readableGroup(), readableGroup(), readableGroup()].join('-')
}
