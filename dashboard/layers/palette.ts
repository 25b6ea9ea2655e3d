/** Colours of the canvas layers, from the page's design tokens. */
export interface Palette {
  ground: string
  land: string
  landEdge: string
  district: string
  river: string
  motorway: string
  street: string
  lane: string
  route: string
  text: string
  textSecondary: string
  textFaint: string
  normal: string
  attention: string
  focus: string
}

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

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const entries = Object.entries(tokens).map(([name, token]) => [name, style.getPropertyValue(token).trim()])
  // Every key of Palette is a key of tokens.
  return Object.fromEntries(entries) as Palette
}
