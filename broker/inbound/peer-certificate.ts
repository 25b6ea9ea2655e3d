import type { TLSSocket } from 'node:tls'
import { deviceIdPattern } from '../../contract/topics.ts'
import type { RefusalReason } from './refusals.ts'

/** What a client's certificate says, once its signature has been checked. */
export interface PeerCertificate {
  /** Devices that it names; one as a rule. */
  deviceIds: string[]
  /** Services that it names, as `service:NAME`. */
  services: string[]
  notBeforeMs: number
  /** Its common name, whoever signed that. */
  claimed: string
  /** Why nobody may come in with it. */
  fault: RefusalReason | undefined
}

/**
 * The certificate that the other end of a connection showed; `undefined` if none, or where none is asked for. To be asked
 * as soon as the connection stands: one that has ended does not know any more.
 */
export function peerCertificate(socket: TLSSocket, nowMs: number): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const notBeforeMs = certificate.validFromDate.getTime()
  const commonNames = [certificate.toLegacyObject().subject?.CN ?? []].flat()
  const claimed = commonNames.join(' ')
  const fault = socket.authorized ? timeFault(notBeforeMs, certificate.validToDate.getTime(), nowMs) : faultOf(socket)
  if (fault !== undefined) return { deviceIds: [], services: [], notBeforeMs, claimed, fault }
  const named = new Set([...commonNames, ...namesIn(certificate.subjectAltName ?? '')])
  const services = [...named].flatMap((name) => servicePattern.exec(name)?.[1] ?? [])
  return {
    deviceIds: [...named].filter((name) => deviceIdPattern.test(name)),
    services: [...new Set(services)],
    notBeforeMs,
    claimed,
    fault,
  }
}

/** No device id holds a colon. */
const servicePattern = /^service:([a-z0-9][a-z0-9._-]{0,63})$/

/** A resumed TLS session is not checked again; the times of its certificate go on. */
function timeFault(notBeforeMs: number, notAfterMs: number, nowMs: number): RefusalReason | undefined {
  if (nowMs > notAfterMs) return 'certificate-expired'
  return nowMs < notBeforeMs ? 'certificate-not-yet-valid' : undefined
}

function faultOf({ authorizationError }: TLSSocket): RefusalReason {
  // OpenSSL's name of the fault; the types say Error.
  const name = String(authorizationError)
  if (name === 'CERT_HAS_EXPIRED') return 'certificate-expired'
  return name === 'CERT_NOT_YET_VALID' ? 'certificate-not-yet-valid' : 'certificate-untrusted'
}

/**
 * DNS names, and the last part of URIs, from Node's text of the subject's other names. A name that could be taken for
 * several is written in quotation marks there; such a certificate names nobody.
 */
function namesIn(text: string): string[] {
  if (text.includes('"')) return []
  return text.split(', ').flatMap((entry) => {
    const [, type, name = ''] = /^(DNS|URI):(.+)$/.exec(entry) ?? []
    if (type === 'DNS') return [name]
    if (type !== 'URI') return []
    // The last part of it would be taken for a device.
    return servicePattern.test(name) ? [name] : [name.split(/[:/]/).at(-1) ?? '']
  })
}
