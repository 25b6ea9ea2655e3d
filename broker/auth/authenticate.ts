import type { CredentialStore, DeviceCredential } from '../../contract/ports/credentials.ts'
import type { PeerCertificate } from '../inbound/peer-certificate.ts'
import type { RefusalReason } from '../inbound/refusals.ts'

/** What a CONNECT came with. */
export interface AuthenticatorResult {
  /** Absent where it did not come over TLS. */
  tls: { certificate: PeerCertificate | undefined } | undefined
  userName: string | undefined
  key: Uint8Array | undefined
}

export type Proved = DeviceCredential | { refused: RefusalReason }

/**
 * Finds out who is at the other end. A certificate that names a device is that device, with or without its user name; one
 * that is not good is refused even beside a right key. Where none was shown, or it names no device, the key counts.
 */
export function createAuthenticator(parts: { credentials: CredentialStore; requireCertificate: boolean }) {
  const { credentials, requireCertificate } = parts

  async function byCertificate(certificate: PeerCertificate, userName: string | undefined): Promise<Proved> {
    const { deviceIds, notBeforeMs } = certificate
    if (userName !== undefined && !deviceIds.includes(userName)) return { refused: 'certificate-other-device' }
    const deviceId = userName ?? (deviceIds.length === 1 ? deviceIds[0] : undefined)
    if (deviceId === undefined) return { refused: 'certificate-unknown-device' }
    const answer = await credentials.verifyCertificate({ deviceId, notBeforeMs })
    if (answer === 'unknown-device') return { refused: 'certificate-unknown-device' }
    return answer === 'revoked' ? { refused: 'certificate-revoked' } : answer
  }

  async function byKey(userName: string | undefined, key: Uint8Array | undefined): Promise<Proved> {
    const credential = userName === undefined || key === undefined ? undefined : await credentials.verify(userName, key)
    return credential ?? { refused: 'bad-credentials' }
  }

  return async ({ tls, userName, key }: AuthenticatorResult): Promise<Proved> => {
    const certificate = tls?.certificate
    if (certificate?.fault !== undefined) return { refused: certificate.fault }
    if (tls !== undefined && certificate === undefined && requireCertificate) return { refused: 'certificate-missing' }
    // MQTT has no empty user name that means anybody; some clients send it for none.
    const named = userName === '' ? undefined : userName
    if (certificate !== undefined && certificate.deviceIds.length > 0) return byCertificate(certificate, named)
    return byKey(named, key)
  }
}
