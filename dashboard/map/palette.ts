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
