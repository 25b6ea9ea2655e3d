import type { Rect } from '../map/labels.ts'

/** Where an element stands in the wall's picture, px of the picture, at whatever scale the window shows it. */
export function pictureRect(element: HTMLElement): Rect {
  const box = element.getBoundingClientRect()
  const wall = element.closest<HTMLElement>('.wall')
  const frame = wall?.getBoundingClientRect()
  if (wall === null || frame === undefined || wall.offsetWidth === 0)
    return { x: box.left, y: box.top, width: box.width, height: box.height }
  const scale = frame.width / wall.offsetWidth
  return {
    x: (box.left - frame.left) / scale,
    y: (box.top - frame.top) / scale,
    width: box.width / scale,
    height: box.height / scale,
  }
}
