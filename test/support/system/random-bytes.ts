import { expect } from 'vitest'

/**
 * Fails unless each of these secrets has so many bytes, and all of their bits turn out both ways. Of 64 secrets of chance
 * a bit is the same in more than nine of ten once in 10^10 times.
 */
export function expectRandomBytes(secrets: readonly Uint8Array[], bytes: number): void {
  expect(secrets.length).toBeGreaterThanOrEqual(64)
  expect(new Set(secrets.map(({ length }) => length))).toEqual(new Set([bytes]))
  for (let bit = 0; bit < bytes * 8; bit += 1) {
    const set = secrets.filter((secret) => ((secret[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
    expect(Math.abs(set / secrets.length - 0.5), `bit ${bit}`).toBeLessThan(0.4)
  }
}

/** Of each of 64, made one after the other. */
export async function sixtyFour<T>(make: (n: number) => Promise<T> | T): Promise<T[]> {
  const made: T[] = []
  for (let n = 0; n < 64; n += 1) made.push(await make(n))
  return made
}
