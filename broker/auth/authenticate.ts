import type {
  CredentialStore,
  DeviceCredential,
  ServiceCredential,
  ServiceStore,
} from '../../contract/ports/credentials.ts'
import { tokenChars, tokenPattern } from '../../contract/tokens.ts'
import type { PeerCertificate } from '../inbound/peer-certificate.ts'
import type { RefusalReason } from '../inbound/refusals.ts'

/** What a CONNECT came with. */
export interface AuthenticatorResult {
  /** Absent where it did not come over TLS. */
  tls: { certificate: PeerCertificate | undefined } | undefined
  userName: string | undefined
  key: Uint8Array | undefined
}

export type Proved = DeviceCredential | ServiceCredential | { refused: RefusalReason }

/**
 * Finds out who is at the other end. A certificate that names a device is that device, with or without its user name; one
 * that is not good is refused even beside a right key. Where none was shown, or it names no device, the key counts.
 */
export function createAuthenticator(parts: {
  credentials: CredentialStore
  services: ServiceStore
  requireCertificate: boolean
}) {
  const { credentials, services, requireCertificate } = parts

  async function byCertificate(certificate: PeerCertificate, userName: string | undefined): Promise<Proved> {
    const { deviceIds, notBeforeMs } = certificate
    if (userName !== undefined && !deviceIds.includes(userName)) return { refused: 'certificate-other-device' }
    const deviceId = userName ?? (deviceIds.length === 1 ? deviceIds[0] : undefined)
    if (deviceId === undefined) return { refused: 'certificate-unknown-device' }
    const answer = await credentials.verifyCertificate({ deviceId, notBeforeMs })
    if (answer === 'unknown-device') return { refused: 'certificate-unknown-device' }
    return answer === 'revoked' ? { refused: 'certificate-revoked' } : answer
  }

  async function serviceByCertificate(names: readonly string[], userName: string | undefined): Promise<Proved> {
    if (userName !== undefined && !names.includes(userName)) return { refused: 'certificate-other-device' }
    const name = userName ?? (names.length === 1 ? names[0] : undefined)
    const credential = name === undefined ? undefined : await services.find(name)
    return credential ?? { refused: 'certificate-unknown-device' }
  }

  async function byKey(userName: string | undefined, key: Uint8Array | undefined): Promise<Proved> {
    if (userName === undefined || key === undefined) return { refused: 'bad-credentials' }
    // A device and a token may have one name; no key of a device looks like a token.
    const credential = isTokenShaped(key)
      ? await services.verify(userName, key)
      : await credentials.verify(userName, key)
    return credential ?? { refused: 'bad-credentials' }
  }

  async function byAnyCertificate(certificate: PeerCertificate, named: string | undefined): Promise<Proved> {
    const { deviceIds, services: names } = certificate
    if (names.length === 0) return byCertificate(certificate, named)
    // What is both is neither.
    return deviceIds.length > 0 ? { refused: 'certificate-unknown-device' } : serviceByCertificate(names, named)
  }

  return async ({ tls, userName, key }: AuthenticatorResult): Promise<Proved> => {
    const certificate = tls?.certificate
    if (certificate?.fault !== undefined) return { refused: certificate.fault }
    if (tls !== undefined && certificate === undefined && requireCertificate) return { refused: 'certificate-missing' }
    // MQTT has no empty user name that means anybody; some clients send it for none.
    const named = userName === '' ? undefined : userName
    const namesSomebody = certificate !== undefined && certificate.deviceIds.length + certificate.services.length > 0
    return namesSomebody ? byAnyCertificate(certificate, named) : byKey(named, key)
  }
}

function isTokenShaped(key: Uint8Array): boolean {
  return key.length === tokenChars && tokenPattern.test(Buffer.from(key).toString('latin1'))
}
