/** Screens of the wall in the order of their keys; each name is a part of its address. */
export const screenIds = ['ikhtisar', 'bus', 'cctv', 'banjir', 'sistem'] as const
export type ScreenId = (typeof screenIds)[number]

export const isScreenId = (name: string): name is ScreenId => screenIds.some((id) => id === name)

/** What belongs to one object on one screen; the rest of an address (glass, palette, language) goes along. */
const ownOfScreen = ['focus', 'group']

/** Address of a screen, with what the present address says of the glass. */
export function screenPath(id: ScreenId, search = ''): string {
  const query = new URLSearchParams(search)
  for (const name of ownOfScreen) query.delete(name)
  const text = query.toString()
  return text === '' ? `/wall/${id}` : `/wall/${id}?${text}`
}
