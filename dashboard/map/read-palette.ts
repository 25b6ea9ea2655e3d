import type { Palette } from './palette.ts'

const tokens: Record<keyof Palette, string> = {
  ground: '--map-ground',
  land: '--map-land',
  landEdge: '--map-edge',
  district: '--map-district',
  river: '--map-river',
  motorway: '--map-motorway',
  street: '--map-street',
  lane: '--map-lane',
  route: '--map-route',
  text: '--text',
  textSecondary: '--text-2',
  textFaint: '--map-text',
  normal: '--normal',
  attention: '--p3',
  focus: '--focus',
}

/** The page's colours as they are now. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const entries = Object.entries(tokens).map(([name, token]) => [name, style.getPropertyValue(token).trim()])
  // Every key of Palette is a key of tokens.
  return Object.fromEntries(entries) as Palette
}
