import { findMetric, metricNamePattern, metricSlug, metrics } from './metrics.ts'

/** What is known of a device's names when the keys of its next reading are named. */
export interface NameBook {
  /** Names that stand for another key than themselves, with the mark of that key. Added to, up to `maxOwners`. */
  owners: Record<string, number>
  /** Told when `owners` is. */
  changed: () => void
  /** Whether a name is in use already. */
  isUsed: (name: string) => boolean
}

/** Past so many a device's further keys are named with their mark at once, which needs no memory. */
export const maxOwners = 64

/** A reading as it lies in quarantine has these beside its metrics, so no metric may be called so. */
const reserved = new Set(['ts', 'lat', 'lon', 'seq'])

/**
 * The names of a reading's keys, in their order: each obeys `metricNamePattern`, no two are the same, and a key has the
 * same name in every reading as long as the book is kept. A key that is a name has its own. Another has its slug, or,
 * where that stands for something else, slug and mark (`temp_0k3f9xa`). `undefined`: no name can be made of it.
 */
export function nameKeys(keys: readonly string[], book: NameBook): readonly (string | undefined)[] {
  if (keys.every(isInDictionary) && isEmpty(book.owners)) return keys
  const names = keys.map((key) => (isName(key) ? key : undefined))
  const taken = new Set(names)
  for (const name of taken) if (name !== undefined && name in book.owners) own(name, markOf(name), book)
  return names.map((name, index) => name ?? nameApart(keys[index] ?? '', taken, book))
}

function isInDictionary(key: string): boolean {
  return Object.hasOwn(metrics, key)
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false
  return true
}

function isName(key: string): boolean {
  if (!metricNamePattern.test(key) || isImpossible(key)) return false
  return findMetric(key) !== undefined || metricSlug(key) === key
}

/** `constructor` is something that every object has already. */
function isImpossible(name: string): boolean {
  return name === '' || name in Object.prototype
}

function nameApart(key: string, taken: Set<string | undefined>, book: NameBook): string | undefined {
  const slug = metricSlug(key)
  if (isImpossible(slug)) return undefined
  const mark = markOf(key)
  const name = isOwned(slug, mark, taken, book) ? slug : `${slug}_${mark.toString(36).padStart(7, '0')}`
  if (taken.has(name)) return undefined
  taken.add(name)
  return name
}

function isOwned(slug: string, mark: number, taken: Set<string | undefined>, book: NameBook): boolean {
  if (reserved.has(slug) || taken.has(slug)) return false
  const owner = book.owners[slug]
  if (owner !== undefined) return owner === mark
  if (book.isUsed(slug) || Object.keys(book.owners).length >= maxOwners) return false
  own(slug, mark, book)
  return true
}

function own(name: string, mark: number, { owners, changed }: NameBook): void {
  if (owners[name] === mark) return
  owners[name] = mark
  changed()
}

/** FNV-1a over UTF-16 units, 32 bits. */
function markOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193) >>> 0
  return hash
}
