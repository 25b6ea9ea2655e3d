import { appendFileSync, closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, readSync } from 'node:fs'
import { z } from 'zod'
import type { AuditSigner, AuditVerifier } from './signer.ts'

/** What is kept of the log outside of it: a log that was cut, or exchanged whole, does not agree with it any more. */
export interface Anchor {
  /** RFC 3339, UTC */
  at: string
  /** Records that the log had. */
  count: number
  /** Hash of the newest of them, in hex. */
  head: string
}

export interface AnchorLines {
  anchors: Anchor[]
  /** The first line that is not signed by our key; from 1. */
  badLine: number | undefined
}

const lineSchema = z.object({
  at: z.string(),
  count: z.int().min(1),
  head: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.base64(),
})

/** Appends one signed line and waits until it is on the disk. Throws when the place is away or full. */
export function writeAnchor(file: string, anchor: Anchor, signer: AuditSigner): void {
  const line = JSON.stringify({
    ...anchor,
    signature: Buffer.from(signer.sign(signedBytes(anchor))).toString('base64'),
  })
  const handle = openSync(file, 'a+', 0o640)
  try {
    // A line that a loss of power has torn ends before ours begins.
    appendFileSync(handle, `${endsInLine(handle) ? '' : '\n'}${line}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** All lines; a file that does not exist has none. A torn line is no fault: it was never whole. */
export function readAnchors(file: string, signer: AuditVerifier): AnchorLines {
  const anchors: Anchor[] = []
  let badLine: number | undefined
  for (const [index, line] of (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').entries()) {
    if (!line.endsWith('}')) continue
    const anchor = signedAnchor(line, signer)
    if (anchor !== undefined) anchors.push(anchor)
    else badLine ??= index + 1
  }
  return { anchors, badLine }
}

function signedAnchor(line: string, signer: AuditVerifier): Anchor | undefined {
  const parsed = lineSchema.safeParse(jsonOf(line))
  if (!parsed.success) return undefined
  const { signature, ...anchor } = parsed.data
  return signer.matches(signedBytes(anchor), Buffer.from(signature, 'base64')) ? anchor : undefined
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function signedBytes({ at, count, head }: Anchor): Uint8Array {
  return Buffer.from(JSON.stringify(['bcc-anchor-1', at, count, head]), 'utf8')
}

function endsInLine(handle: number): boolean {
  const { size } = fstatSync(handle)
  if (size === 0) return true
  const last = Buffer.alloc(1)
  readSync(handle, last, 0, 1, size - 1)
  return last.toString() === '\n'
}
