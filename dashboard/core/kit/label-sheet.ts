/** Labels of 70 x 37 mm, three a row and eight rows on A4, as they are sold on sheets. */
export const labelsPerSheet = 24
/** Ten sheets. They stand in the page's address, which a server takes up to 16 KB of. */
export const maxLabels = 10 * labelsPerSheet

const idPattern = /^[a-z0-9][a-z0-9-]{1,62}$/

/** The address of the sheets for these devices. Ids need no escape in it. */
export function labelPath(ids: readonly string[]): string {
  return `/konsol/label?ids=${ids.slice(0, maxLabels).join(',')}`
}

/** The devices that an address names, each once and in its order; what cannot be an id is passed over. */
export function labelIds(search: string): string[] {
  const ids = (new URLSearchParams(search).get('ids') ?? '').split(',').map((id) => id.trim())
  return [...new Set(ids)].filter((id) => idPattern.test(id)).slice(0, maxLabels)
}

/** What stands on each sheet. */
export function sheetsOf<T>(labels: readonly T[]): T[][] {
  const sheets = Math.ceil(labels.length / labelsPerSheet)
  return Array.from({ length: sheets }, (_, sheet) =>
    labels.slice(sheet * labelsPerSheet, (sheet + 1) * labelsPerSheet),
  )
}

/** Where a device is installed; what its label leads to. */
export function installPath(id: string): string {
  return `/konsol/pasang/${id}`
}
