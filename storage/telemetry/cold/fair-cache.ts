/** Remembers what was used last within a bound of bytes, of which no owner has more than a share. */
export interface FairCache<T> {
  get(owner: string, key: string): T | undefined
  /** What is larger than the whole bound is not kept. */
  put(owner: string, key: string, kept: Sized<T>): void
  clear(): void
  bytes(): number
}

export interface Sized<T> {
  value: T
  bytes: number
}

export interface FairCacheLimits {
  /** Of all owners together. */
  maxBytes: number
  /** Past it an owner gives up what it used longest ago, never the newest alone. */
  maxOfOwner: number
}

interface Entry<T> extends Sized<T> {
  owner: Owner<T>
  key: string
}

interface Owner<T> {
  name: string
  bytes: number
  /** In the order of their last use. */
  entries: Map<string, Entry<T>>
}

export function createFairCache<T>({ maxBytes, maxOfOwner }: FairCacheLimits): FairCache<T> {
  const owners = new Map<string, Owner<T>>()
  /** In the order of their last use. */
  const all = new Set<Entry<T>>()
  let bytes = 0

  function drop(entry: Entry<T> | undefined): void {
    if (entry === undefined || !all.delete(entry)) return
    const { owner, key } = entry
    owner.entries.delete(key)
    owner.bytes -= entry.bytes
    bytes -= entry.bytes
    if (owner.entries.size === 0) owners.delete(owner.name)
  }

  function add(entry: Entry<T>): void {
    const { owner, key } = entry
    owners.set(owner.name, owner)
    owner.entries.set(key, entry)
    owner.bytes += entry.bytes
    bytes += entry.bytes
    all.add(entry)
  }

  return {
    get(name, key) {
      const entry = owners.get(name)?.entries.get(key)
      if (entry === undefined) return undefined
      all.delete(entry)
      all.add(entry)
      entry.owner.entries.delete(key)
      entry.owner.entries.set(key, entry)
      return entry.value
    },
    put(name, key, kept) {
      drop(owners.get(name)?.entries.get(key))
      if (kept.bytes > maxBytes) return
      const owner = owners.get(name) ?? { name, bytes: 0, entries: new Map<string, Entry<T>>() }
      add({ ...kept, owner, key })
      while (owner.bytes > maxOfOwner && owner.entries.size > 1) drop(firstOf(owner.entries.values()))
      while (bytes > maxBytes) drop(firstOf(all))
    },
    clear() {
      owners.clear()
      all.clear()
      bytes = 0
    },
    bytes: () => bytes,
  }
}

function firstOf<T>(list: Iterable<T>): T | undefined {
  for (const first of list) return first
  return undefined
}
