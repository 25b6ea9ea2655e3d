/** Moments of the page's life that are measured: https://www.w3.org/TR/user-timing/ marks of these names. */
export type PageMoment =
  /** A snapshot of the city has come in whole. */
  | 'snapshot-received'
  /** A frame has drawn the city's ground with its devices, beside the panels that the same look of the city filled. */
  | 'first-picture'

/** Notes a moment. Only the newest of a name is kept: the page lives for weeks. */
export function noteMoment(moment: PageMoment): void {
  performance.clearMarks(moment)
  performance.mark(moment)
}
