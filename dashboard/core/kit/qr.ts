import { encode } from 'uqr'

/** A QR code as one path of an SVG picture of `size` x `size`. */
export interface QrPicture {
  size: number
  path: string
  /** Row by row, true where it is dark. */
  dark: boolean[][]
}

/**
 * Four light modules around it, as ISO/IEC 18004 asks.
 *
 * @param worn a fifth of it may be gone and it is still read: for what hangs outside
 */
export function qrPicture(words: string, { worn = false } = {}): QrPicture {
  const { data, size } = encode(words, { border: 4, ecc: worn ? 'Q' : 'L' })
  const path = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])))
  return { size, path: path.join(''), dark: data }
}
