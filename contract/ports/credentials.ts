import type { Kind } from '../topics.ts'

/** How a device shows who it is. */
export type Proof = 'key' | 'certificate'

/** Who may connect, as the broker asks. */
export interface DeviceCredential {
  deviceId: string
  kind: Kind
  proof: Proof
  /** Which key or certificates: number of the change that made them good. */
  revision: number
  /** Number of the device's registration or last revocation: what is kept of an earlier time is not this device's. */
  since: number
}

/** What a certificate that has been checked says of its holder. */
export interface CertificateClaim {
  deviceId: string
  /** When it was issued, by its own words, ms since 1970. */
  notBeforeMs: number
}

/** `ended`: the device has other keys now. `revoked`: everything that it had until then was taken away, or it was removed. */
export type CredentialStatus = 'good' | 'ended' | 'revoked'

export interface CredentialStore {
  /** The credential if it is the device's key, or its key before within the overlap; `undefined` otherwise, in equal time. */
  verify(deviceId: string, key: Uint8Array): Promise<DeviceCredential | undefined>
  /** The credential, or why the device may not sign in with this certificate. */
  verifyCertificate(claim: CertificateClaim): Promise<DeviceCredential | 'unknown-device' | 'revoked'>
  /** How credentials that were given stand now; one that is not good may not stay connected. */
  judge(credentials: readonly DeviceCredential[]): Promise<Map<DeviceCredential, CredentialStatus>>
  /**
   * Calls back soon (< 300 ms) after any device was changed, by whichever process, and within about a second after a key
   * has ended by itself. Returns a way to stop.
   */
  watch(onChange: () => void): () => void
}

/** A program that may listen over MQTT, and publishes nothing. */
export interface ServiceCredential {
  /** Name of its token. */
  service: string
  /** Tells this token from an earlier one of its name; no secret. */
  mark: string
  /** It may subscribe to what these topic filters cover. */
  filters: readonly string[]
  /** ms since 1970; `null`: until it is revoked. */
  expiresAtMs: number | null
}

/** Which services may connect, as the broker asks. */
export interface ServiceStore {
  /** The credential if it is the service's token; `undefined` otherwise, in equal time. */
  verify(service: string, token: Uint8Array): Promise<ServiceCredential | undefined>
  /** The credential of who showed a certificate of that name; `undefined`: there is no such token (any more). */
  find(service: string): Promise<ServiceCredential | undefined>
  /** Those of these that are good no more: revoked, ended, or made anew. */
  ended(credentials: readonly ServiceCredential[]): Promise<ServiceCredential[]>
  /** Calls back soon (< 300 ms) after any token was changed, by whichever process; also when it was not. Returns a way to stop. */
  watch(onChange: () => void): () => void
}

/** A device showed who it is. */
export interface SignIn {
  deviceId: string
  proof: Proof
  revision: number
  atMs: number
}

/** How far a report of sign-ins has been kept. */
export interface SignInsSeen {
  /** Of the broker's process that numbered them. */
  boot: string
  upTo: number
}

export interface SignInReport extends SignInsSeen {
  signIns: SignIn[]
}
