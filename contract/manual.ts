/** Without zod: pages take it too. */

/** Last level of the topic under which a reading by hand lies in the journal. No device may publish there. */
export const manualChannel = 'manual'

/** Bounds of one reading by hand. */
export const manualLimits = {
  metrics: 16,
  noteChars: 200,
} as const

/** Of one device; past it its own oldest go, counted. One an hour for two years are 17,520. */
export const maxManualOfDevice = 20_000
