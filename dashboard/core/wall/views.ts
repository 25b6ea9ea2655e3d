import type { ScreenId } from '../../../contract/http/pages.ts'

/** What belongs to one object on one screen; the rest of an address (glass, palette, language) goes along. */
const ownOfScreen = ['focus', 'group']

/** Address of a screen, with what the present address says of the glass. */
export function screenPath(id: ScreenId, search = ''): string {
  const query = new URLSearchParams(search)
  for (const name of ownOfScreen) query.delete(name)
  const text = query.toString()
  return text === '' ? `/wall/${id}` : `/wall/${id}?${text}`
}
