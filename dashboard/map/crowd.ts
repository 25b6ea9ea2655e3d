import { hasCondition } from '../../domain/alarms/condition.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { badness } from '../core/city/worst-first.ts'
import { type ClusterLibrary, type ClusterSpot, clusterSpots, loadClustering, settleSpots } from './cluster-spots.ts'
import { markOf, markReach } from './mark.ts'
import type { Bounds } from './projection.ts'
import type { Scene } from './scene.ts'

/**
 * From this many fixed devices of one profile on, neighbours are drawn as one cluster; so many marks of one kind, and no
 * more, are drawn each for itself.
 */
export const clusterFrom = 500

/** Devices of one profile that stand so close that they are drawn as one. */
export interface Cluster extends Omit<ClusterSpot, 'ids'> {
  /** Stays for as long as the same devices stand there. */
  id: string
  members: readonly SeenDevice[]
  /** The worst of them: the cluster has its mark. */
  worst: SeenDevice
}

/** What of a city is drawn each for itself, and what as clusters. Every device with a place is in one of the two. */
export interface Crowd {
  alone: readonly SeenDevice[]
  clusters: readonly Cluster[]
  clusterOf: ReadonlyMap<string, Cluster>
}

/** What of a scene clusters follow from. */
type CrowdScene = Pick<Scene, 'city' | 'projection' | 'seams' | 'u' | 'focusedId'>

interface Grouped {
  /** What the grouping followed from. */
  key: readonly (string | number)[]
  projection: Scene['projection']
  spots: readonly ClusterSpot[]
}

interface Settled {
  from: readonly unknown[]
  spots: readonly ClusterSpot[]
}

const worseFirst = (a: SeenDevice, b: SeenDevice): number => badness(a) - badness(b) || (a.id < b.id ? -1 : 1)

/** Fixed devices with a place, by profile. */
function byProfile(devices: readonly SeenDevice[]): Map<string, SeenDevice[]> {
  const found = new Map<string, SeenDevice[]>()
  for (const device of devices) {
    if (device.look.moving || device.place === null) continue
    const same = found.get(device.profile)
    if (same === undefined) found.set(device.profile, [device])
    else same.push(device)
  }
  return found
}

const keyOf = (devices: readonly SeenDevice[]): (string | number)[] =>
  devices.flatMap(({ id, place }) => (place === null ? [] : [id, place.lat, place.lon]))

const sameItems = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i])

/** Where the members of a cluster stand. */
export function boundsOf({ members }: Pick<Cluster, 'members'>): Bounds {
  const places = members.flatMap(({ place }) => place ?? [])
  const lons = places.map(({ lon }) => lon)
  const lats = places.map(({ lat }) => lat)
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

/**
 * Decides what is drawn as clusters. Movers never are: their way is what the map is for. Nothing that the list of what
 * needs attention names is inside a cluster, nor what somebody looks at; only of a profile with more than `clusterFrom` of
 * them at once the worst are drawn alone, and the clusters of the others have their mark. Without what finds clusters it
 * fetches that once there are so many.
 */
export function createCrowd(loaded?: ClusterLibrary): { at(scene: CrowdScene): Crowd } {
  let library = loaded
  const grouped = new Map<string, Grouped>()
  let apart: readonly SeenDevice[] = []
  let settled: Settled = { from: [], spots: [] }
  let loading = false

  function rawSpots(
    profile: string,
    devices: readonly SeenDevice[],
    scene: CrowdScene,
    finder: ClusterLibrary,
  ): readonly ClusterSpot[] {
    const key = keyOf(devices)
    const known = grouped.get(profile)
    if (known?.projection === scene.projection && sameItems(known.key, key)) return known.spots
    const spots = clusterSpots(devices, scene, finder)
    grouped.set(profile, { key, projection: scene.projection, spots })
    return spots
  }

  /** While the server is away all is stale: that is told by the band, and tears no cluster apart. */
  function standApart(crowded: readonly (readonly SeenDevice[])[], scene: CrowdScene): readonly SeenDevice[] {
    if (scene.city.moment.lostForMs !== null) return apart
    return crowded.flatMap((devices) => devices.filter(hasCondition).sort(worseFirst).slice(0, clusterFrom))
  }

  function settle(raw: readonly ClusterSpot[], scene: CrowdScene): readonly ClusterSpot[] {
    const from = [scene.projection, ...raw, ...apart.map(({ id }) => id)]
    if (sameItems(settled.from, from)) return settled.spots
    const marks = apart.flatMap((device) => {
      const mark = markOf(device, scene)
      return mark === undefined ? [] : { ...mark, radius: mark.radius * markReach }
    })
    settled = { from, spots: settleSpots(raw, { seams: scene.seams, marks }) }
    return settled.spots
  }

  /** What is left of each circle of neighbours without those that are drawn alone. */
  function clustersOf(
    spots: readonly ClusterSpot[],
    { byId }: Scene['city'],
    focusedId: string | undefined,
  ): Cluster[] {
    const single = new Set([...apart.map(({ id }) => id), focusedId])
    return spots.flatMap(({ ids, ...spot }) => {
      const members = ids.flatMap((id) => (single.has(id) ? [] : (byId.get(id) ?? []))).sort(worseFirst)
      const [worst] = members
      return worst === undefined || members.length < 2
        ? []
        : [{ ...spot, id: `${worst.profile} ${ids[0]}`, members, worst }]
    })
  }

  /** Until it is there every device is drawn for itself; the next look at the city tries again. */
  function load(): void {
    if (loading) return
    loading = true
    loadClustering()
      .then((fetched) => {
        library = fetched
      })
      .catch(() => undefined)
      .finally(() => {
        loading = false
      })
  }

  return {
    at(scene) {
      const { devices } = scene.city
      const crowded = [...byProfile(devices)].filter(([, same]) => same.length >= clusterFrom)
      for (const profile of grouped.keys()) if (!crowded.some(([id]) => id === profile)) grouped.delete(profile)
      const finder = library
      if (crowded.length > 0 && finder === undefined) load()
      if (crowded.length === 0 || finder === undefined) return { alone: devices, clusters: [], clusterOf: new Map() }
      const all = crowded.map(([, same]) => same)
      apart = standApart(all, scene)
      const raw = crowded.flatMap(([profile, same]) => rawSpots(profile, same, scene, finder))
      const clusters = clustersOf(settle(raw, scene), scene.city, scene.focusedId)
      const clusterOf = new Map(clusters.flatMap((cluster) => cluster.members.map(({ id }) => [id, cluster] as const)))
      return { alone: devices.filter(({ id }) => !clusterOf.has(id)), clusters, clusterOf }
    },
  }
}
