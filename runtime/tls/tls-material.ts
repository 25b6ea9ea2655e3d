import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsFault, TlsMaterial } from '../../contract/ports/tls.ts'

/** Paths of PEM files. */
export interface TlsPaths {
  cert: string
  key: string
  /** Authorities of client certificates. */
  ca: string | undefined
}

/** A set of files that belong together and can be used. */
export interface TlsSet {
  material: TlsMaterial
  /** When its certificate becomes good, ms since 1970. */
  notBeforeMs: number
  /** First end of a certificate in the chain. */
  notAfterMs: number
  /** First end of an authority of client certificates. */
  caNotAfterMs: number | null
}

const unusable = 'a file holds no usable certificate'

/** Files that cannot be used; its message is the detail of `fault`. */
export class TlsFilesError extends Error {
  readonly fault: TlsFault
  constructor(kind: TlsFault['kind'], detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.fault = { kind, detail }
  }
}

/** Reads and tries the files as a whole. Throws a TlsFilesError that says which file, and what is wrong with it. */
export function loadTls({ cert, key, ca }: TlsPaths): TlsSet {
  const material = { cert: readText(cert), key: readText(key), ca: ca === undefined ? undefined : readText(ca) }
  const chain = certificatesIn(cert, material.cert)
  const authorities = ca === undefined ? [] : certificatesIn(ca, material.ca ?? '')
  try {
    // An empty key is none to `createSecureContext`, and no fault.
    if (!chain.at(0)?.checkPrivateKey(createPrivateKey(material.key))) throw new Error('they do not belong together')
    createSecureContext({
      cert: material.cert,
      key: material.key,
      ...(material.ca !== undefined && { ca: material.ca }),
    })
  } catch (cause) {
    throw new TlsFilesError('they do not belong together', `${cert} with ${key}: ${messageOf(cause)}`, { cause })
  }
  return {
    material,
    notBeforeMs: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    notAfterMs: firstEnd(chain),
    caNotAfterMs: ca === undefined ? null : firstEnd(authorities),
  }
}

/**
 * Every certificate of a file. One that cannot be read is a fault, not passed over: OpenSSL would take the rest, and for a
 * file without any it would trust the public authorities instead.
 */
function certificatesIn(path: string, text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  const begun = text.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || blocks.length !== begun.length)
    throw new TlsFilesError(unusable, `${path} holds no whole certificate`)
  return blocks.map((block) => {
    try {
      return new X509Certificate(block)
    } catch (cause) {
      throw new TlsFilesError(unusable, `${path} holds a certificate that cannot be read: ${messageOf(cause)}`, {
        cause,
      })
    }
  })
}

function firstEnd(certificates: readonly X509Certificate[]): number {
  return Math.min(...certificates.map(({ validToDate }) => validToDate.getTime()))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new TlsFilesError('a file cannot be read', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
