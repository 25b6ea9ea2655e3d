import { isViewId, type ViewId } from '../../../contract/http/pages.ts'

export interface Slide {
  view: ViewId
  seconds: number
}

/** What is shown at a moment: which slide, and how much of its time has gone, 0 to 1. */
export interface Showing {
  slide: Slide
  index: number
  count: number
  gone: number
}

const defaultSeconds = 30
const minSeconds = 5
const maxSeconds = 3600

/** Slides of `?rot=ikhtisar,bus:20,banjir:45`: views with their seconds. Names that are no views are left out. */
export function parsePlaylist(text: string | null): Slide[] {
  return (text ?? '').split(',').flatMap((part) => {
    const [view = '', seconds] = part.trim().split(':')
    if (!isViewId(view)) return []
    const asked = seconds === undefined ? defaultSeconds : Number(seconds)
    const kept = Number.isFinite(asked) ? Math.min(maxSeconds, Math.max(minSeconds, asked)) : defaultSeconds
    return [{ view, seconds: kept }]
  })
}

/** Slides of a wall's own list; views that this release does not have are left out. */
export function playlistOf(slides: readonly { screen: string; seconds: number }[]): Slide[] {
  return slides.flatMap(({ screen: view, seconds }) => (isViewId(view) ? [{ view, seconds }] : []))
}

/** Follows from the server's time alone, so that every display with the same list shows the same slide; `undefined` for none. */
export function showingAt(slides: readonly Slide[], nowMs: number): Showing | undefined {
  const roundMs = slides.reduce((sum, { seconds }) => sum + seconds * 1000, 0)
  let restMs = ((nowMs % roundMs) + roundMs) % roundMs
  for (const [index, slide] of slides.entries()) {
    const lastsMs = slide.seconds * 1000
    if (restMs < lastsMs) return { slide, index, count: slides.length, gone: restMs / lastsMs }
    restMs -= lastsMs
  }
  return undefined
}
