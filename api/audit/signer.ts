import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export interface AuditSigner {
  sign(bytes: Uint8Array): Uint8Array
  matches(bytes: Uint8Array, signature: Uint8Array): boolean
}

/**
 * The Ed25519 key of the audit. The private key stands in `file` (PKCS #8, mode 0600), the public one in `file`.pub;
 * both are made where there is none. Read when it is first needed: most processes never sign.
 */
export function createAuditSigner(file: string): AuditSigner {
  let key: KeyObject | undefined
  let open: KeyObject | undefined
  const secret = () => {
    key ??= readKey(file)
    return key
  }
  const shown = () => {
    open ??= readPublicKey(file)
    return open
  }
  return {
    sign: (bytes) => sign(null, bytes, secret()),
    matches: (bytes, signature) => verify(null, bytes, shown(), signature),
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

/** A verifier needs the public half only. */
function readPublicKey(file: string): KeyObject {
  const shown = `${file}.pub`
  return existsSync(shown) ? createPublicKey(readFileSync(shown)) : createPublicKey(readKey(file))
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
