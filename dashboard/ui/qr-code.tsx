import { qrPicture } from '../core/kit/qr.ts'

/** A QR code, black on white in both palettes, or a reader would not find it. `worn`: as in {@link qrPicture}. */
export function QrCode({ words, label, worn = false }: { words: string; label: string; worn?: boolean }) {
  const { size, path } = qrPicture(words, { worn })
  return (
    <svg className="qr-code" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
