import { crc32 } from 'node:zlib'

/** What a row of a segment says of its batch, beside the body. */
export interface BatchHeader {
  seq: number
  entries: number
  readings: number
  cum: number
}

const bodySpan = 2 ** 32
/** Set in every seal, so that one of a version without it is never taken for a seal. */
const sealMark = 2 ** 20
const headerBits = sealMark - 1

/** One number of 53 bits over a batch: a mark, 20 bits of the header's CRC-32, the body's CRC-32. */
export function sealOf(header: BatchHeader, body: Uint8Array): number {
  const { seq, entries, readings, cum } = header
  const headerCrc = crc32(`${seq}/${entries}/${readings}/${cum}`) & headerBits
  return (sealMark + headerCrc) * bodySpan + crc32(body)
}

/**
 * `header`: not even its numbers are what was written. Rows of the first version have the body's CRC-32 alone, so that
 * nothing speaks for their numbers where the body is damaged; zeros over a whole row look like one, and have no body.
 */
export function judgeSeal(seal: unknown, header: BatchHeader, body: Uint8Array): 'sound' | 'body' | 'header' {
  if (typeof seal !== 'number') return 'header'
  if (seal < bodySpan) return body.length > 0 && seal === crc32(body) ? 'sound' : 'header'
  const asWritten = sealOf(header, body)
  if (Math.floor(seal / bodySpan) !== Math.floor(asWritten / bodySpan)) return 'header'
  return seal === asWritten ? 'sound' : 'body'
}
