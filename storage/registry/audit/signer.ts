import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export interface AuditSigner {
  sign(bytes: Uint8Array): Uint8Array
  matches(bytes: Uint8Array, signature: Uint8Array): boolean
}

export type AuditVerifier = Pick<AuditSigner, 'matches'>

/**
 * The Ed25519 key of the audit. The private key stands in `file` (PKCS #8, mode 0600), the public one in `file`.pub;
 * both are made when the first record is signed. Read when it is first needed: most processes never sign.
 */
export function createAuditSigner(file: string): AuditSigner {
  let key: KeyObject | undefined
  const secret = () => {
    key ??= readKey(file)
    return key
  }
  return { sign: (bytes) => sign(null, bytes, secret()), ...createAuditVerifier(`${file}.pub`) }
}

/** With the public key alone (SPKI, PEM): who has only this can check, and make nothing. */
export function createAuditVerifier(publicFile: string): AuditVerifier {
  let key: KeyObject | undefined
  return {
    matches(bytes, signature) {
      key ??= createPublicKey(readFileSync(publicFile))
      return verify(null, bytes, key, signature)
    },
  }
}

function readKey(file: string): KeyObject {
  if (!existsSync(file)) makeKey(file)
  const key = createPrivateKey(readFileSync(file))
  const shown = `${file}.pub`
  if (!existsSync(shown)) {
    const draft = `${shown}.${process.pid}`
    writeFileSync(draft, createPublicKey(key).export({ type: 'spki', format: 'pem' }), { mode: 0o644, flush: true })
    renameSync(draft, shown)
  }
  return key
}

/** Whole or not at all, also when several processes start at once on a new folder. */
function makeKey(file: string): void {
  const draft = `${file}.${process.pid}`
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(draft)
  }
}
