import type { Size } from './projection.ts'

export interface Sheet {
  element: HTMLCanvasElement
  pen: CanvasRenderingContext2D
  resize(size: Size): void
}

/**
 * A sheet over the map, as sharp as the screen. `willReadFrequently` keeps it out of a software GPU process, where
 * thousands of marks would stop the page for seconds.
 */
export function createSheet(parent: HTMLElement, name: string): Sheet {
  const element = document.createElement('canvas')
  element.className = `map-sheet map-${name}`
  element.setAttribute('aria-hidden', 'true')
  parent.append(element)
  const pen = element.getContext('2d', { willReadFrequently: true })
  if (pen === null) throw new Error('This browser has no 2D canvas.')
  return {
    element,
    pen,
    resize({ width, height }) {
      const ratio = globalThis.devicePixelRatio || 1
      element.width = Math.round(width * ratio)
      element.height = Math.round(height * ratio)
      pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    },
  }
}
