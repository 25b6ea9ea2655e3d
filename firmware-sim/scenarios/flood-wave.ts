import { ids, numberParam, type Scenario, type ScenarioStage } from '../scenario.ts'

/** Parts of the scenario's time: rain falls in the first, the wave needs the second from end to end of the river. */
const rainShare = 0.45
const travelShare = 0.35
const waveShare = 0.6
const rainPeakMmh = 55

/**
 * Heavy rain, then a wave that runs down a river: the upper gauge rises first. A river needs hours for it; the
 * scenario squeezes them into its duration. In a city without rivers it only rains.
 */
export const floodWave: Scenario = {
  id: 'flood-wave',
  durationS: 900,
  params: { river: 'id of the river', peak: 'at the crest, 0 to 1 of the worst level on record' },
  begin(stage) {
    const river = riverOf(stage)
    const peak = numberParam(stage.params, 'peak', 0.92)
    const gauges = stage.fleet.filter((device) => river !== undefined && device.river?.id === river.id)
    const weather = stage.fleet.filter(({ profile }) => ['rain-gauge', 'weather-station'].includes(profile))
    const longestM = Math.max(1, ...gauges.map((device) => device.river?.distanceM ?? 0))
    return {
      story:
        river === undefined
          ? 'heavy rain; the site has no river to rise'
          : `heavy rain, then a flood wave down ${river.name}: ${gauges.length} gauges rise from the upper to the lower`,
      devices: ids([...gauges, ...weather]),
      conditions(device, { elapsedS }, conditions) {
        const share = elapsedS / stage.durationS
        const rainMmh = Math.max(conditions.rainMmh, rainPeakMmh * hump(share / rainShare))
        if (device.river === undefined) return { ...conditions, rainMmh }
        const arrival = rainShare / 4 + (travelShare * device.river.distanceM) / longestM
        return { ...conditions, rainMmh, flood: Math.max(conditions.flood, peak * hump((share - arrival) / waveShare)) }
      },
    }
  },
}

/** Rises faster than it falls: 0 outside (0, 1), 1 at about a third. */
function hump(share: number): number {
  return share <= 0 || share >= 1 ? 0 : Math.sin(Math.PI * share ** 0.65) ** 2
}

/** `undefined`: the site has none. Throws RangeError where one is named that there is not. */
function riverOf({ site, random, params }: ScenarioStage): { id: string; name: string } | undefined {
  const rivers = site.rivers.features.map(({ properties }) => properties)
  const river =
    params.river === undefined
      ? rivers[Math.floor(random() * rivers.length)]
      : rivers.find(({ id }) => id === params.river)
  if (river === undefined && params.river !== undefined) throw new RangeError(`no river has the id "${params.river}"`)
  return river
}
