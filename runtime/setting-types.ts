import { isIP } from 'node:net'
import { z } from 'zod'

/**
 * Kinds of settings: text of the environment in, a value out. What is wrong with one is said in words that stand behind its
 * name. Text comes without blanks around it, and never blank.
 */

const digits = /^\d{1,15}$/

interface Range {
  least?: number
  most?: number
}

/** Past it a size in MB is no whole number of bytes any more, and a count no sensible one. */
const maxByDefault = 1_000_000_000

/** Digits only: what `Number` also takes (`1e3`, `0x10`, nothing at all) is a mistake more often than not. */
export function whole({ least = 0, most = maxByDefault }: Range = {}) {
  return z
    .string()
    .refine(
      (given) => digits.test(given) && Number(given) >= least && Number(given) <= most,
      `is not a whole number from ${least} to ${most}`,
    )
    .transform(Number)
}

export function decimal({ least = 0, most = maxByDefault }: Range = {}) {
  return z
    .string()
    .refine(
      (given) => /^\d{1,9}(\.\d{1,9})?$/.test(given) && Number(given) >= least && Number(given) <= most,
      `is not a number from ${least} to ${most}`,
    )
    .transform(Number)
}

export const port = whole({ most: 65_535 })

export const text = z.string().refine((given) => !/\p{Cc}/u.test(given), 'has a character in it that nobody can see')

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `is none of ${values.join(', ')}` })
}

/** A name as DNS has it; `*.` in front stands for one level. */
const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

export function isHostName(name: string): boolean {
  // Digits alone are an address that is none.
  return name.length <= 253 && hostPattern.test(name) && !/^[\d.]+$/.test(name)
}

/** An address or a name of this machine; IPv6 also in the brackets of a URL, which are taken off. */
export const host = z
  .string()
  .transform((given) => given.replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (given) => isIP(given) !== 0 || (isHostName(given) && !given.startsWith('*')),
    'is not an address such as 127.0.0.1 or ::1, without port',
  )

export function listOf(isRight: (item: string) => boolean, words: string) {
  return z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((item) => item !== ''))
    .refine((items) => items.every(isRight), words)
}

/** An IP address, or a range as `10.0.0.0/8`. */
export function isAddressRange(given: string): boolean {
  const [address = '', bits, more] = given.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
