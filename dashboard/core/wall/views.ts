import type { ViewId } from '../../../contract/http/pages.ts'

/** What belongs to one object on one view; the rest of an address (glass, palette, language) goes along. */
const ownOfView = ['focus', 'group']

/** Address of a view, with what the present address says of the glass. */
export function viewPath(id: ViewId, search = ''): string {
  const query = new URLSearchParams(search)
  for (const name of ownOfView) query.delete(name)
  const text = query.toString()
  return text === '' ? `/wall/${id}` : `/wall/${id}?${text}`
}
