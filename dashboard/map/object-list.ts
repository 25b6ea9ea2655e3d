import type { SeenDevice } from '../core/city/city.ts'
import type { Cluster, Crowd } from './crowd.ts'

/** The parallel list of the map's objects: the way of the keyboard and of screen readers. */
export interface ObjectList {
  /**
   * Same order, same states as the map. The words, which hold ages too, are renewed in turns where there are very many;
   * a state that changed is said at once. Every device is in it, and before them the clusters that some are drawn as.
   */
  update(devices: readonly SeenDevice[], words: Words, crowd?: Pick<Crowd, 'clusters' | 'clusterOf'>): void
  /**
   * A frame has drawn what `update` was given: each row whose reading or state is new to the picture says so in
   * `data-painted-ts`, ms since 1970 on this machine's clock. `data-measured-ts` is the moment of that reading.
   */
  painted(atMs: number): void
  close(): void
}

/** What a screen reader says of a device. */
export interface Words {
  name: (device: SeenDevice) => string
  cluster: (cluster: Cluster) => string
  /** A change of it renews everything. */
  language: string
}

/** Text costs layout: so many rows get new words in one update. */
const wordsPerUpdate = 250

function write(button: HTMLButtonElement, words: string): void {
  if (button.textContent !== words) button.textContent = words
}

/** What the page says of a row beside its words. */
type Fact = 'measuredTs' | 'state' | 'kind' | 'profile' | 'ageS' | 'in' | 'count' | 'worst' | 'paintedTs'

interface Row {
  item: HTMLLIElement
  button: HTMLButtonElement
  /** As they stand in the page: to read them back there costs more than all the rest. */
  facts: Partial<Record<Fact, string | number | undefined>>
}

function put({ item, facts }: Row, key: Fact, fact: string | number | undefined): void {
  if (facts[key] === fact) return
  facts[key] = fact
  if (fact === undefined) delete item.dataset[key]
  else item.dataset[key] = String(fact)
}

function makeRow(key: 'id' | 'cluster', id: string): Row {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.tabIndex = -1
  item.append(button)
  item.dataset[key] = id
  button.dataset.for = id
  return { item, button, facts: {} }
}

function rowAfterKey(list: HTMLUListElement, from: HTMLElement, key: string): Element | null | undefined {
  const item = from.closest('li')
  switch (key) {
    case 'ArrowDown':
      return item?.nextElementSibling
    case 'ArrowUp':
      return item?.previousElementSibling
    case 'Home':
      return list.firstElementChild
    case 'End':
      return list.lastElementChild
    default:
      return undefined
  }
}

/** Moves the focus to the row that a key leads to. */
function moveFocus(list: HTMLUListElement, event: KeyboardEvent): void {
  if (!(event.target instanceof HTMLElement)) return
  const next = rowAfterKey(list, event.target, event.key)?.querySelector('button')
  if (next === null || next === undefined) return
  event.preventDefault()
  next.focus()
}

/** The row in the tab order is the one that had the focus last, however it came by it. */
function followFocus(list: HTMLUListElement, { target }: Event): void {
  if (!(target instanceof HTMLButtonElement) || target.tabIndex === 0) return
  for (const before of list.querySelectorAll('button[tabindex="0"]')) before.setAttribute('tabindex', '-1')
  target.tabIndex = 0
}

/**
 * Keeps one button per device in a list, without a framework: thousands of rows whose age changes each second. One of
 * them is in the tab order; arrow keys, Home and End go on from there.
 */
export function createObjectList(options: {
  list: HTMLUListElement
  /** Of a device or a cluster. */
  onFocus: (id: string | undefined) => void
  onOpen: (id: string) => void
  onOpenCluster: (cluster: Cluster) => void
}): ObjectList {
  const { list } = options
  const rows = new Map<string, Row>()
  const unpainted = new Set<Row>()
  let groups = new Map<string, { row: Row; cluster: Cluster }>()
  let round = 0
  let language = ''

  function rowOf(id: string): Row {
    const known = rows.get(id)
    if (known !== undefined) return known
    const row = makeRow('id', id)
    rows.set(id, row)
    list.append(row.item)
    return row
  }

  /** True when the row's words must be renewed at once. */
  function fill(row: Row, device: SeenDevice): boolean {
    const turned = row.facts.state !== device.state
    const measured = device.measuredAtMs ?? undefined
    if (turned || row.facts.measuredTs !== measured) unpainted.add(row)
    put(row, 'measuredTs', measured)
    put(row, 'state', device.state)
    put(row, 'kind', device.kind)
    put(row, 'profile', device.profile)
    put(row, 'ageS', device.ageMs === null ? undefined : Math.floor(device.ageMs / 1000))
    return turned
  }

  const idOf = (event: Event): string | undefined =>
    event.target instanceof HTMLElement ? event.target.dataset.for : undefined

  const onKey = (event: KeyboardEvent) => moveFocus(list, event)
  const onFocusIn = (event: Event) => {
    followFocus(list, event)
    options.onFocus(idOf(event))
  }
  const onFocusOut = () => options.onFocus(undefined)
  const onClick = (event: Event) => {
    const id = idOf(event)
    if (id === undefined) return
    const group = groups.get(id)
    if (group === undefined) options.onOpen(id)
    else options.onOpenCluster(group.cluster)
  }
  list.addEventListener('keydown', onKey)
  list.addEventListener('focusin', onFocusIn)
  list.addEventListener('focusout', onFocusOut)
  list.addEventListener('click', onClick)

  function updateGroups(clusters: readonly Cluster[], words: Words): void {
    const present = new Map<string, { row: Row; cluster: Cluster }>()
    for (const cluster of clusters) {
      const row = groups.get(cluster.id)?.row ?? makeRow('cluster', cluster.id)
      put(row, 'count', cluster.members.length)
      put(row, 'worst', cluster.worst.state)
      write(row.button, words.cluster(cluster))
      if (!row.item.isConnected) list.prepend(row.item)
      present.set(cluster.id, { row, cluster })
    }
    for (const [id, { row }] of groups) if (!present.has(id)) row.item.remove()
    groups = present
  }

  function drop(present: ReadonlySet<string>): void {
    for (const [id, row] of rows) {
      if (present.has(id)) continue
      row.item.remove()
      unpainted.delete(row)
      rows.delete(id)
    }
  }

  return {
    update(devices, words, crowd) {
      updateGroups(crowd?.clusters ?? [], words)
      drop(new Set(devices.map((device) => device.id)))
      round++
      const every = words.language !== language ? 1 : Math.ceil(devices.length / wordsPerUpdate)
      language = words.language
      for (const [i, device] of devices.entries()) {
        const row = rowOf(device.id)
        const turned = fill(row, device)
        put(row, 'in', crowd?.clusterOf.get(device.id)?.id)
        if (turned || (i + round) % every === 0) write(row.button, words.name(device))
      }
      const entrance = list.querySelector('button[tabindex="0"]') ?? list.querySelector('button')
      entrance?.setAttribute('tabindex', '0')
    },
    painted(atMs) {
      for (const row of unpainted) put(row, 'paintedTs', atMs)
      unpainted.clear()
    },
    close() {
      list.removeEventListener('keydown', onKey)
      list.removeEventListener('focusin', onFocusIn)
      list.removeEventListener('focusout', onFocusOut)
      list.removeEventListener('click', onClick)
      list.replaceChildren()
    },
  }
}
