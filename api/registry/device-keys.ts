import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Keyed, not slow: 5,000 devices reconnect at once after a power cut, and a key has 256 bits of its own. */
export interface DeviceKeys {
  /** A new key, 43 characters of base64url, and what is kept of it. */
  create(): { key: string; hash: Uint8Array }
  /** Compares in constant time; without a hash it compares all the same and says no. */
  matches(key: Uint8Array, hash: Uint8Array | null | undefined): boolean
}

const keyBytes = 32
const pepperBytes = 32

/** @param pepper 32 secret bytes that are kept apart from the database. */
export function createDeviceKeys(pepper: Uint8Array): DeviceKeys {
  if (pepper.length !== pepperBytes) throw new Error(`the pepper must have ${pepperBytes} bytes`)
  const hashOf = (key: string | Uint8Array) => createHmac('sha256', pepper).update(key).digest()
  const nobodys = hashOf(randomBytes(keyBytes))
  return {
    create() {
      const key = randomBytes(keyBytes).toString('base64url')
      return { key, hash: hashOf(key) }
    },
    matches(key, hash) {
      const equal = timingSafeEqual(hashOf(key), hash ?? nobodys)
      return equal && hash !== null && hash !== undefined
    },
  }
}
