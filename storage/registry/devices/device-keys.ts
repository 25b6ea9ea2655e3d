import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'

/** Keyed, not slow: 5,000 devices reconnect at once after a power cut, and a key has 256 bits of its own. */
export interface DeviceKeys {
  /** A new key, 43 characters of base64url, and what is kept of it. */
  create(): { key: string; hash: Uint8Array }
  /**
   * Which of these hashes is the key's, `undefined` if none. Takes the same time for each answer, and for a hash that is
   * not there.
   */
  match(key: Uint8Array, hashes: readonly (Uint8Array | null | undefined)[]): number | undefined
}

const keyBytes = 32
const pepperBytes = 32

/** @param pepper 32 secret bytes that are kept apart from the database. */
export function createDeviceKeys(pepper: Uint8Array): DeviceKeys {
  if (pepper.length !== pepperBytes) throw new Error(`the pepper must have ${pepperBytes} bytes`)
  // Five times as fast as with the bytes, which are made a key object each time.
  const secret = createSecretKey(pepper)
  const hashOf = (key: string | Uint8Array) => createHmac('sha256', secret).update(key).digest()
  const nobodys = hashOf(randomBytes(keyBytes))
  return {
    create() {
      const key = randomBytes(keyBytes).toString('base64url')
      return { key, hash: hashOf(key) }
    },
    match(key, hashes) {
      const given = hashOf(key)
      let found: number | undefined
      for (const [index, hash] of hashes.entries()) {
        const equal = timingSafeEqual(given, hash ?? nobodys)
        if (equal && hash !== null && hash !== undefined) found ??= index
      }
      return found
    },
  }
}
